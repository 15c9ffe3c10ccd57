namespace HostSwap.Orchestrator.Journal;

public sealed partial class SqliteJournal
{
    /// <inheritdoc/>
    public void RecordCanary(long operation, CanaryKey key, CanaryOutcome outcome, string reason)
    {
        lock (_lock)
        {
            var changed = Write_NeedsLock("canary", () => Run_NeedsLock(
                """
                INSERT INTO canaries (source_image, target_image, kernel, pair, method, outcome, reason, operation, recorded_at)
                SELECT $source, $target, $kernel, $pair, $method, $outcome, $reason, id, $now FROM operations
                WHERE id = $operation AND finished_at IS NULL
                ON CONFLICT (source_image, target_image, kernel, pair, method) DO UPDATE SET
                    outcome = excluded.outcome, reason = excluded.reason,
                    operation = excluded.operation, recorded_at = excluded.recorded_at
                """,
                ("$operation", operation),
                ("$source", key.SourceImage),
                ("$target", key.TargetImage),
                ("$kernel", key.Kernel),
                ("$pair", key.Pair),
                ("$method", key.Method),
                ("$outcome", JournalText.Of(outcome)),
                ("$reason", reason),
                ("$now", JournalText.Of(Now()))));
            if (changed == 0)
                throw NotOpen(operation);
        }
    }

    /// <inheritdoc/>
    public CanaryRecord? FindCanary(CanaryKey key) => Read("a canary", () => Rows_NeedsLock(
        Command_NeedsLock(
            """
            SELECT outcome, reason, operation, recorded_at FROM canaries
            WHERE source_image = $source AND target_image = $target AND kernel = $kernel AND pair = $pair AND method = $method
            """,
            ("$source", key.SourceImage),
            ("$target", key.TargetImage),
            ("$kernel", key.Kernel),
            ("$pair", key.Pair),
            ("$method", key.Method)),
        row => new CanaryRecord(
            key,
            JournalText.Value<CanaryOutcome>(_file, row.GetString(0)),
            row.GetString(1),
            row.GetInt64(2),
            JournalText.Time(_file, row.GetString(3)))).SingleOrDefault());
}
