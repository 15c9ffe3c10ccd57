using HostSwap.Orchestrator.Locking;
using Microsoft.Data.Sqlite;

namespace HostSwap.Orchestrator.Journal;

/// <summary>The journal in a SQLite file. One connection, used under a lock.</summary>
public sealed partial class SqliteJournal : IJournal
{
    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;
    private readonly string _file;

    // Null where the journal was opened for reading.
    private readonly TimeProvider? _time;
    private JournalException? _failure;

    private SqliteJournal(SqliteConnection connection, string file, TimeProvider? time)
    {
        _connection = connection;
        _file = file;
        _time = time;
    }

    /// <summary>Whether there is a journal at this path.</summary>
    public static bool Exists(string path) => File.Exists(path);

    /// <summary>
    /// Opens the journal for writing. Where there is none, it is created with mode 0600, and missing directories with
    /// 0700; all are on disk when this returns. Tables of an older hostctl are brought up to date.
    /// </summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <param name="time">Gives the time of every record.</param>
    /// <param name="held">
    /// The outer host's lock, under which alone two may not write at once; null in tests. A journal that an earlier holder
    /// still has open refuses its next write.
    /// </param>
    /// <exception cref="FencedException">The lock has been taken over meanwhile.</exception>
    /// <exception cref="JournalException">It cannot be created, opened or understood.</exception>
    public static SqliteJournal Open(string path, TimeProvider time, OuterHostLock? held = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        var journal = new SqliteJournal(JournalConnection.OpenForWriting(path, JournalSchema.Migrations), path, time);
        try
        {
            journal.Claim(held);
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens the journal for reading while another hostctl may be writing; waits for nobody. Every write throws
    /// <see cref="InvalidOperationException"/>.
    /// </summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <exception cref="JournalException">There is none (see <see cref="Exists"/>), or it cannot be read or understood.</exception>
    public static SqliteJournal OpenReadOnly(string path) =>
        new(JournalConnection.OpenForReading(path, JournalSchema.Migrations.Count), path, null);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
            _connection.Dispose();
    }

    /// <inheritdoc/>
    public Operation Begin(OperationKind kind, string summary, string detailJson)
    {
        lock (_lock)
        {
            var now = Now();
            Write_NeedsLock("begin", () => Run_NeedsLock(
                """
                INSERT INTO operations (kind, result, summary, detail, started_at, unfinished)
                VALUES ($kind, $result, $summary, $detail, $now, $unfinished)
                """,
                ("$kind", JournalText.Of(kind)),
                ("$result", JournalText.Of(OperationResult.Running)),
                ("$summary", summary),
                ("$detail", detailJson),
                ("$now", JournalText.Of(now)),
                ("$unfinished", kind.MovesVms() ? 1L : 0L)));
            return new Operation(LastId_NeedsLock(), kind, OperationResult.Running, summary, detailJson, now, null);
        }
    }

    /// <inheritdoc/>
    public long Intend(long operation, string step, string subject, string detailJson)
    {
        lock (_lock)
        {
            var inserted = Write_NeedsLock("intend", () => Run_NeedsLock(
                """
                INSERT INTO entries (operation, step, subject, detail, result, observed, intended_at)
                SELECT id, $step, $subject, $detail, $result, '', $now FROM operations
                WHERE id = $operation AND finished_at IS NULL
                """,
                ("$operation", operation),
                ("$step", step),
                ("$subject", subject),
                ("$detail", detailJson),
                ("$result", JournalText.Of(EntryResult.Unknown)),
                ("$now", JournalText.Of(Now()))));
            return inserted == 1 ? LastId_NeedsLock() : throw NotOpen(operation);
        }
    }

    /// <inheritdoc/>
    public void Outcome(long entry, EntryResult result, string observed)
    {
        if (result == EntryResult.Unknown)
            throw new ArgumentOutOfRangeException(nameof(result), result, "An outcome is known.");
        lock (_lock)
        {
            var changed = Write_NeedsLock("outcome", () => Run_NeedsLock(
                "UPDATE entries SET result = $result, observed = $observed, observed_at = $now WHERE id = $entry AND observed_at IS NULL",
                ("$entry", entry),
                ("$result", JournalText.Of(result)),
                ("$observed", observed),
                ("$now", JournalText.Of(Now()))));
            if (changed == 0)
                throw new InvalidOperationException($"Entry {entry} does not exist or has its outcome already.");
        }
    }

    /// <inheritdoc/>
    public void RecordMove(long operation, MoveRecord move)
    {
        lock (_lock)
        {
            var changed = Write_NeedsLock("move", () => Run_NeedsLock(
                """
                INSERT INTO moves (operation, uuid, name, method, state, reason, autostart, bytes_transferred, downtime_ticks, elapsed_ticks, rung)
                SELECT id, $uuid, $name, $method, $state, $reason, $autostart, $bytes, $downtime, $elapsed, $rung FROM operations
                WHERE id = $operation AND finished_at IS NULL
                ON CONFLICT (operation, uuid) DO UPDATE SET
                    name = excluded.name, method = excluded.method, state = excluded.state, reason = excluded.reason,
                    autostart = excluded.autostart, bytes_transferred = excluded.bytes_transferred,
                    downtime_ticks = excluded.downtime_ticks, elapsed_ticks = excluded.elapsed_ticks,
                    rung = excluded.rung
                """,
                ("$operation", operation),
                ("$uuid", move.Uuid.ToString()),
                ("$name", move.Name),
                ("$method", move.Method),
                ("$state", move.State),
                ("$reason", move.Reason),
                ("$autostart", move.Autostart ? 1L : 0L),
                ("$bytes", move.BytesTransferred),
                ("$downtime", move.Downtime?.Ticks),
                ("$elapsed", move.Elapsed?.Ticks),
                ("$rung", move.Rung)));
            if (changed == 0)
                throw NotOpen(operation);
        }
    }

    /// <inheritdoc/>
    public void RecordDetail(long operation, string detailJson)
    {
        lock (_lock)
        {
            var changed = Write_NeedsLock("detail", () => Run_NeedsLock(
                "UPDATE operations SET detail = $detail WHERE id = $operation AND finished_at IS NULL",
                ("$operation", operation),
                ("$detail", detailJson)));
            if (changed == 0)
                throw NotOpen(operation);
        }
    }

    /// <inheritdoc/>
    public void Finish(long operation, OperationResult result, string summary, string detailJson, OperationEnding ending)
    {
        if (result == OperationResult.Running)
            throw new ArgumentOutOfRangeException(nameof(result), result, "What is closed does not run.");
        lock (_lock)
        {
            var changed = Write_NeedsLock("finish", () =>
            {
                var closed = Run_NeedsLock(
                    """
                    UPDATE operations SET result = $result, summary = $summary, detail = $detail, finished_at = $now,
                        unfinished = unfinished AND $resumable
                    WHERE id = $operation AND finished_at IS NULL
                    """,
                    ("$operation", operation),
                    ("$result", JournalText.Of(result)),
                    ("$summary", summary),
                    ("$detail", detailJson),
                    ("$now", JournalText.Of(Now())),
                    ("$resumable", ending == OperationEnding.Resumable ? 1L : 0L));
                if (closed == 1 && ending == OperationEnding.Settled)
                    CloseEarlier_NeedsLock(operation);
                Prune_NeedsLock();
                return closed;
            });
            if (changed == 0)
                throw NotOpen(operation);
        }
    }

    /// <inheritdoc/>
    public void RecordGenerations(IReadOnlyList<GenerationRecord> generations, int? forgotten = null)
    {
        lock (_lock)
        {
            Write_NeedsLock("generations", () =>
            {
                foreach (var generation in generations)
                    RecordGeneration_NeedsLock(generation);
                if (forgotten is { } number)
                    ForgetGeneration_NeedsLock(number);
                return generations.Count;
            });
        }
    }

    private void RecordGeneration_NeedsLock(GenerationRecord generation) => Run_NeedsLock(
            """
            INSERT INTO generations (number, role, image, image_id, host_uuid, created_at, retired_at)
            VALUES ($number, $role, $image, $imageId, $hostUuid, $created, $retired)
            ON CONFLICT (number) DO UPDATE SET
                role = excluded.role, image = excluded.image, image_id = excluded.image_id,
                host_uuid = excluded.host_uuid, created_at = excluded.created_at, retired_at = excluded.retired_at
            """,
            ("$number", (long)generation.Number),
            ("$role", generation.Role),
            ("$image", generation.Image),
            ("$imageId", generation.ImageId),
            ("$hostUuid", generation.HostUuid.ToString()),
            ("$created", JournalText.Of(generation.CreatedAt)),
            ("$retired", generation.RetiredAt is { } retired ? JournalText.Of(retired) : null));

    /// <inheritdoc/>
    public void ForgetGeneration(int number)
    {
        lock (_lock)
        {
            Write_NeedsLock("generation", () => ForgetGeneration_NeedsLock(number));
        }
    }

    private int ForgetGeneration_NeedsLock(int number) =>
        Run_NeedsLock("DELETE FROM generations WHERE number = $number", ("$number", (long)number));

    // Only an operation that moves VMs can have left them in two generations, and only such a one brings them together again.
    private void CloseEarlier_NeedsLock(long operation) => Run_NeedsLock(
        """
        UPDATE operations SET unfinished = 0
        WHERE unfinished = 1 AND id < $operation
          AND EXISTS (SELECT 1 FROM operations WHERE id = $operation AND kind IN ($swap, $resume, $rollback, $adopt))
        """,
        ("$operation", operation),
        ("$swap", JournalText.Of(OperationKind.Swap)),
        ("$resume", JournalText.Of(OperationKind.Resume)),
        ("$rollback", JournalText.Of(OperationKind.Rollback)),
        ("$adopt", JournalText.Of(OperationKind.Adopt)));
}
