using Microsoft.Data.Sqlite;

namespace HostSwap.Orchestrator.Journal;

public sealed partial class SqliteJournal
{
    private T Read<T>(string what, Func<T> read)
    {
        lock (_lock)
        {
            try
            {
                return read();
            }
            catch (SqliteException exception)
            {
                throw JournalFaults.Translate(_file, $"reading {what}", exception);
            }
        }
    }

    /// <returns>How many rows were changed.</returns>
    private int Run_NeedsLock(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command_NeedsLock(sql, parameters);
        return command.ExecuteNonQuery();
    }

    private long LastId_NeedsLock()
    {
        using var command = Command_NeedsLock("SELECT last_insert_rowid()");
        return (long)command.ExecuteScalar()!;
    }

    private SqliteCommand Command_NeedsLock(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // every caller passes a constant; values are parameters
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private DateTimeOffset Now() => (_time ?? TimeProvider.System).GetUtcNow();

    private static InvalidOperationException NotOpen(long operation) =>
        new($"Operation {operation} does not exist or has been closed.");
}
