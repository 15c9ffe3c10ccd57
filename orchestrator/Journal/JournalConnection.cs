using Microsoft.Data.Sqlite;

namespace HostSwap.Orchestrator.Journal;

/// <summary>Opens the journal's file.</summary>
internal static class JournalConnection
{
    /// <summary>Longest wait for another program's lock, in seconds; hostctl's own lock keeps writers apart.</summary>
    private const int BusySeconds = 5;

    /// <summary>Opens for writing, creating the file where there is none, and brings its tables up to date.</summary>
    /// <exception cref="JournalException">It cannot be opened, or is not a journal of ours.</exception>
    public static SqliteConnection OpenForWriting(string path, IReadOnlyList<string> migrations)
    {
        try
        {
            DurableFile.Ensure(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new JournalException(
                path, $"it cannot be created: {exception.Message}", $"See that {Path.GetDirectoryName(path)} can be written, and run as root.", exception);
        }

        return Open(path, path, SqliteOpenMode.ReadWrite, connection =>
        {
            // WAL first: only then does a reader never wait for a writer. FULL: a commit is on disk when it returns.
            if (Query(connection, "PRAGMA journal_mode = WAL") is not "wal")
                throw new JournalException(path, "its file system cannot carry SQLite's write-ahead log", $"Put {path} on a local file system.");
            _ = Query(connection, "PRAGMA synchronous = FULL");
            JournalSchema.Apply(connection, path, migrations);
        });
    }

    /// <summary>Opens for reading; never waits for a writer and creates no journal.</summary>
    /// <exception cref="JournalException">There is none, it cannot be read, or it is not ours.</exception>
    public static SqliteConnection OpenForReading(string path, int supported)
    {
        if (!File.Exists(path))
            throw new JournalException(path, "there is none", "Run 'hostctl init' first.");
        try
        {
            return Open(path, path, SqliteOpenMode.ReadOnly, connection => CheckReadable(connection, path, supported));
        }
        catch (JournalException exception) when (
            exception.InnerException is SqliteException inner && JournalFaults.IsUnwritable(inner) && NothingInLog(path))
        {
            // On a file system that turned read-only SQLite cannot make its -shm file, yet history must be readable
            // just then. Nobody writes there, and the log holds nothing, so that the file alone is the journal.
            var uri = new Uri(path).AbsoluteUri + "?immutable=1";
            return Open(path, uri, SqliteOpenMode.ReadOnly, connection => CheckReadable(connection, path, supported));
        }
    }

    private static void CheckReadable(SqliteConnection connection, string path, int supported)
    {
        var version = JournalSchema.Check(connection, path, supported, mayBeEmpty: false);
        if (version < supported)
            throw new JournalException(path, $"it was written by an older hostctl (version {version})", "Run 'hostctl init' once: it brings the journal up to date and changes nothing else.");
    }

    private static SqliteConnection Open(string path, string source, SqliteOpenMode mode, Action<SqliteConnection> prepare)
    {
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = source,
            Mode = mode,
            ForeignKeys = true,
            DefaultTimeout = BusySeconds,
            // A pooled connection would keep the file open, and its log unfinished, after Dispose.
            Pooling = false,
        };
        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
            prepare(connection);
            return connection;
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw JournalFaults.Translate(path, "opening", exception);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static bool NothingInLog(string path) => new FileInfo(path + "-wal") is { Exists: false } or { Length: 0 };

    private static object? Query(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // constants of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
