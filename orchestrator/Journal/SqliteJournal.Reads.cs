using Microsoft.Data.Sqlite;

namespace HostSwap.Orchestrator.Journal;

public sealed partial class SqliteJournal
{
    private const string OperationColumns = "SELECT id, kind, result, summary, detail, started_at, finished_at FROM operations ";

    /// <inheritdoc/>
    public IReadOnlyList<GenerationRecord> Generations() => Read("the generations", () => Rows_NeedsLock(
        Command_NeedsLock("SELECT number, role, image, image_id, host_uuid, created_at, retired_at FROM generations ORDER BY number"),
        row => new GenerationRecord(
            row.GetInt32(0),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            JournalText.Uuid(_file, row.GetString(4)),
            JournalText.Time(_file, row.GetString(5)),
            TimeOrNull(row, 6))));

    /// <inheritdoc/>
    public IReadOnlyList<Operation> Operations(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return Read("the operations", () => Rows_NeedsLock(
            Command_NeedsLock(OperationColumns + "ORDER BY id DESC LIMIT $limit", ("$limit", (long)limit)),
            OperationOf));
    }

    /// <inheritdoc/>
    public Operation? FindOperation(long operation) => Read("an operation", () => Rows_NeedsLock(
        Command_NeedsLock(OperationColumns + "WHERE id = $id", ("$id", operation)),
        OperationOf).SingleOrDefault());

    /// <inheritdoc/>
    public IReadOnlyList<Operation> UnfinishedOperations() => Read("the operations", () => Rows_NeedsLock(
        Command_NeedsLock(OperationColumns + "WHERE unfinished = 1 ORDER BY id DESC"),
        OperationOf));

    /// <inheritdoc/>
    public IReadOnlyList<JournalEntry> Entries(long operation) => Read("the entries", () => Rows_NeedsLock(
        Command_NeedsLock(
            """
            SELECT id, operation, step, subject, detail, result, observed, intended_at, observed_at
            FROM entries WHERE operation = $operation ORDER BY id
            """,
            ("$operation", operation)),
        row => new JournalEntry(
            row.GetInt64(0),
            row.GetInt64(1),
            row.GetString(2),
            row.GetString(3),
            row.GetString(4),
            JournalText.Value<EntryResult>(_file, row.GetString(5)),
            row.GetString(6),
            JournalText.Time(_file, row.GetString(7)),
            TimeOrNull(row, 8))));

    /// <inheritdoc/>
    public IReadOnlyList<MoveRecord> Moves(long operation) => Read("the moves", () => Rows_NeedsLock(
        Command_NeedsLock(
            """
            SELECT uuid, name, method, state, reason, autostart, bytes_transferred, downtime_ticks, elapsed_ticks, rung
            FROM moves WHERE operation = $operation ORDER BY id
            """,
            ("$operation", operation)),
        row => new MoveRecord(
            JournalText.Uuid(_file, row.GetString(0)),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            row.GetString(4),
            row.GetInt64(5) == 1,
            NumberOrNull(row, 6),
            NumberOrNull(row, 7) is { } downtime ? TimeSpan.FromTicks(downtime) : null,
            NumberOrNull(row, 8) is { } elapsed ? TimeSpan.FromTicks(elapsed) : null)
        {
            Rung = row.IsDBNull(9) ? null : row.GetString(9),
        }));

    private Operation OperationOf(SqliteDataReader row) => new(
        row.GetInt64(0),
        JournalText.Value<OperationKind>(_file, row.GetString(1)),
        JournalText.Value<OperationResult>(_file, row.GetString(2)),
        row.GetString(3),
        row.GetString(4),
        JournalText.Time(_file, row.GetString(5)),
        TimeOrNull(row, 6));

    private static List<T> Rows_NeedsLock<T>(SqliteCommand command, Func<SqliteDataReader, T> make)
    {
        using (command)
        {
            using var reader = command.ExecuteReader();
            var rows = new List<T>();
            while (reader.Read())
                rows.Add(make(reader));
            return rows;
        }
    }

    private DateTimeOffset? TimeOrNull(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : JournalText.Time(_file, row.GetString(column));

    private static long? NumberOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
