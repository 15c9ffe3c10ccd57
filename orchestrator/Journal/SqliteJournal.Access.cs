using HostSwap.Orchestrator.Faults;
using Microsoft.Data.Sqlite;

namespace HostSwap.Orchestrator.Journal;

public sealed partial class SqliteJournal
{
    /// <summary>
    /// Makes one write. The first that fails poisons the journal: a later one must not succeed, or a record would be
    /// missing in the midst of others, and the caller might go on.
    /// </summary>
    private T Write_NeedsLock<T>(string what, Func<T> write)
    {
        if (_time is null)
            throw new InvalidOperationException("The journal was opened for reading.");
        if (_failure is not null)
            throw new JournalException(_file, $"writing {what}: nothing is written any more after: {_failure.Message}", _failure.Remedy, _failure);
        try
        {
            FaultPoints.Hit(FaultPoints.JournalWrite);
            var written = write();
            FaultPoints.Hit(FaultPoints.JournalWritten);
            return written;
        }
        catch (SqliteException exception)
        {
            var translated = JournalFaults.Translate(_file, $"writing {what}", exception);
            _failure = translated as JournalException;
            throw translated;
        }
    }

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
        // No RETURNING in what is run here: a statement that yields rows commits when it is reset, and an error of
        // that commit would go unseen.
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
