using System.Globalization;
using Microsoft.Data.Sqlite;

namespace HostSwap.Orchestrator.Journal;

/// <summary>The journal's tables, and how older files are brought up to date.</summary>
internal static class JournalSchema
{
    /// <summary>Marks the file as HostSwap's: <c>HSWP</c> in the header's <c>application_id</c>.</summary>
    public const int ApplicationId = 0x48535750;

    /// <summary>
    /// One script for each version, in order: a file of version n has seen the first n. A script that has been
    /// released is never changed; a new one is added.
    /// </summary>
    /// <remarks>
    /// Times are UTC text with 100 ns, so that they sort and can be read with any tool; spans are ticks of 100 ns.
    /// </remarks>
    public static readonly IReadOnlyList<string> Migrations =
    [
        """
        CREATE TABLE operations (
            id          INTEGER PRIMARY KEY AUTOINCREMENT,
            kind        TEXT NOT NULL,
            result      TEXT NOT NULL,
            summary     TEXT NOT NULL,
            detail      TEXT NOT NULL,
            started_at  TEXT NOT NULL,
            finished_at TEXT,
            unfinished  INTEGER NOT NULL CHECK (unfinished IN (0, 1))
        ) STRICT;
        CREATE INDEX operations_unfinished ON operations (id) WHERE unfinished = 1;

        CREATE TABLE entries (
            id          INTEGER PRIMARY KEY AUTOINCREMENT,
            operation   INTEGER NOT NULL REFERENCES operations (id),
            step        TEXT NOT NULL,
            subject     TEXT NOT NULL,
            detail      TEXT NOT NULL,
            result      TEXT NOT NULL,
            observed    TEXT NOT NULL,
            intended_at TEXT NOT NULL,
            observed_at TEXT
        ) STRICT;
        CREATE INDEX entries_operation ON entries (operation, id);

        CREATE TABLE moves (
            id                INTEGER PRIMARY KEY AUTOINCREMENT,
            operation         INTEGER NOT NULL REFERENCES operations (id),
            uuid              TEXT NOT NULL,
            name              TEXT NOT NULL,
            method            TEXT NOT NULL,
            state             TEXT NOT NULL,
            reason            TEXT NOT NULL,
            autostart         INTEGER NOT NULL CHECK (autostart IN (0, 1)),
            bytes_transferred INTEGER,
            downtime_ticks    INTEGER,
            elapsed_ticks     INTEGER,
            UNIQUE (operation, uuid)
        ) STRICT;

        CREATE TABLE generations (
            number     INTEGER PRIMARY KEY,
            role       TEXT NOT NULL,
            image      TEXT NOT NULL,
            image_id   TEXT NOT NULL,
            host_uuid  TEXT NOT NULL,
            created_at TEXT NOT NULL,
            retired_at TEXT
        ) STRICT;
        """,
        """
        CREATE TABLE fence (
            id     INTEGER PRIMARY KEY CHECK (id = 1),
            epoch  INTEGER NOT NULL,
            holder TEXT NOT NULL
        ) STRICT;
        INSERT INTO fence (id, epoch, holder) VALUES (1, 0, '');
        """,
        """
        ALTER TABLE moves ADD COLUMN rung TEXT;
        """,
        """
        CREATE TABLE canaries (
            source_image TEXT NOT NULL,
            target_image TEXT NOT NULL,
            kernel       TEXT NOT NULL,
            outcome      TEXT NOT NULL,
            reason       TEXT NOT NULL,
            operation    INTEGER NOT NULL,
            recorded_at  TEXT NOT NULL,
            PRIMARY KEY (source_image, target_image, kernel)
        ) STRICT;
        """,
        // What an older hostctl has proven it has proven for it does not say which machine and CPU.
        """
        DROP TABLE canaries;
        CREATE TABLE canaries (
            source_image TEXT NOT NULL,
            target_image TEXT NOT NULL,
            kernel       TEXT NOT NULL,
            pair         TEXT NOT NULL,
            outcome      TEXT NOT NULL,
            reason       TEXT NOT NULL,
            operation    INTEGER NOT NULL,
            recorded_at  TEXT NOT NULL,
            PRIMARY KEY (source_image, target_image, kernel, pair)
        ) STRICT;
        """,
        // What an older hostctl has proven it has proven for both ways of moving, in one direction; what failed with it, it tries again.
        """
        ALTER TABLE canaries RENAME TO canaries_of_both;
        CREATE TABLE canaries (
            source_image TEXT NOT NULL,
            target_image TEXT NOT NULL,
            kernel       TEXT NOT NULL,
            pair         TEXT NOT NULL,
            method       TEXT NOT NULL,
            outcome      TEXT NOT NULL,
            reason       TEXT NOT NULL,
            operation    INTEGER NOT NULL,
            recorded_at  TEXT NOT NULL,
            PRIMARY KEY (source_image, target_image, kernel, pair, method)
        ) STRICT;
        INSERT INTO canaries
        SELECT source_image, target_image, kernel, pair, methods.column1, outcome, reason, operation, recorded_at
        FROM canaries_of_both, (VALUES ('Handover'), ('Copy')) AS methods
        WHERE outcome = 'Proven';
        DROP TABLE canaries_of_both;
        """,
    ];

    /// <summary>Makes the tables in an empty file, or brings those of an older version up to date.</summary>
    /// <exception cref="JournalException">The file is another program's, or a newer hostctl's.</exception>
    public static void Apply(SqliteConnection connection, string file, IReadOnlyList<string> migrations)
    {
        // The lock is taken before the version is read: of two programs that find an old file, one must wait.
        using var transaction = connection.BeginTransaction(deferred: false);
        var version = Check(connection, file, migrations.Count, mayBeEmpty: true);
        for (; version < migrations.Count; version++)
            Execute(connection, transaction, migrations[version]);
        Execute(connection, transaction, string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
        Execute(connection, transaction, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {version}"));
        transaction.Commit();
    }

    /// <summary>Sees that the file is a journal that this program understands.</summary>
    /// <returns>Its version.</returns>
    /// <exception cref="JournalException">It is not.</exception>
    public static int Check(SqliteConnection connection, string file, int supported, bool mayBeEmpty)
    {
        var application = Number(connection, "PRAGMA application_id");
        var version = (int)Number(connection, "PRAGMA user_version");
        var empty = application == 0 && version == 0 && Number(connection, "SELECT count(*) FROM sqlite_master") == 0;
        if (empty && mayBeEmpty)
            return 0;
        if (empty)
            throw new JournalException(file, "it is empty", $"Run 'hostctl init', or restore {file} from a backup if it held a journal.");
        if (application != ApplicationId)
            throw new JournalException(file, "it is another program's database", $"Move {file} away, or name another root in the configuration.");
        if (version > supported)
        {
            throw JournalFaults.Unreadable(
                file,
                string.Create(CultureInfo.InvariantCulture, $"it has version {version} and this hostctl understands up to {supported}"));
        }

        return version;
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // constants of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        return (long)(command.ExecuteScalar() ?? throw new InvalidOperationException(sql));
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction transaction, string sql)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // constants and numbers of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
