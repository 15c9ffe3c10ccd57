using System.Diagnostics;
using HostSwap.Orchestrator.Journal;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Journal;

/// <summary>What is done with the file: how it is created, and which files are refused.</summary>
public sealed class JournalFileTests : JournalFixture
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public void It_is_created_for_its_owner_alone_and_durable()
    {
        SqliteJournal.Exists(FilePath).ShouldBeFalse();
        using var journal = Open();
        journal.Begin(OperationKind.Init, "", "{}");

        SqliteJournal.Exists(FilePath).ShouldBeTrue();
        foreach (var suffix in (string[])["", "-wal", "-shm"])
            File.GetUnixFileMode(FilePath + suffix).ShouldBe(OwnerOnly, suffix);
        File.GetUnixFileMode(Path.GetDirectoryName(FilePath)!).ShouldBe(OwnerOnly | UnixFileMode.UserExecute);
        Query("PRAGMA journal_mode").ShouldBe("wal");
        Query("PRAGMA application_id").ShouldBe(0x48535750L);
        Query("PRAGMA user_version").ShouldBe((long)JournalSchema.Migrations.Count);
        Query("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND NOT strict").ShouldBe(0L);
    }

    [Fact]
    public void Its_own_connection_waits_for_the_disk_and_enforces_references()
    {
        Open().Dispose();
        using var connection = JournalConnection.OpenForWriting(FilePath, JournalSchema.Migrations);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT synchronous || ' ' || foreign_keys FROM pragma_synchronous, pragma_foreign_keys";

        command.ExecuteScalar().ShouldBe("2 1");
    }

    [Fact]
    public void A_mode_that_let_others_in_is_corrected()
    {
        Open().Dispose();
        File.SetUnixFileMode(FilePath, OwnerOnly | UnixFileMode.OtherRead);
        Open().Dispose();

        File.GetUnixFileMode(FilePath).ShouldBe(OwnerOnly);
    }

    [Fact]
    public void Reading_without_a_journal_creates_none()
    {
        var exception = Should.Throw<JournalException>(() => SqliteJournal.OpenReadOnly(FilePath));

        exception.Message.ShouldBe($"journal {FilePath}: there is none");
        exception.Remedy.ShouldContain("hostctl init");
        File.Exists(FilePath).ShouldBeFalse();
    }

    [Fact]
    public void A_journal_opened_for_reading_cannot_be_written()
    {
        Open().Dispose();
        using var journal = SqliteJournal.OpenReadOnly(FilePath);

        Should.Throw<InvalidOperationException>(() => journal.Begin(OperationKind.Init, "", "{}"));
    }

    [Fact]
    public void Readers_see_what_is_committed_at_once_while_another_writes()
    {
        using var writer = Open();
        var swap = writer.Begin(OperationKind.Swap, "", "{}");
        using var blocker = new SqliteConnection($"Data Source={FilePath};Pooling=false");
        blocker.Open();
        using var transaction = blocker.BeginTransaction(deferred: false);
        using var insert = blocker.CreateCommand();
        insert.CommandText = "DELETE FROM operations";
        insert.ExecuteNonQuery();

        var watch = Stopwatch.StartNew();
        using var reader = SqliteJournal.OpenReadOnly(FilePath);
        reader.Operations(10).ShouldBe([swap]);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2), "a reader must not wait for a writer");

        transaction.Rollback();
        var entry = writer.Intend(swap.Id, "Plan", "", "{}");
        reader.Entries(swap.Id).ShouldHaveSingleItem().Id.ShouldBe(entry);
    }

    [Fact]
    public void A_writer_that_is_locked_out_gives_up_in_time_and_writes_no_more()
    {
        using var journal = Open();
        using (var blocker = new SqliteConnection($"Data Source={FilePath};Pooling=false"))
        {
            blocker.Open();
            using var transaction = blocker.BeginTransaction(deferred: false);
            var watch = Stopwatch.StartNew();
            Should.Throw<JournalException>(() => journal.Begin(OperationKind.Init, "", "{}"))
                .Message.ShouldContain("another program keeps it locked");
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        }

        Should.Throw<JournalException>(() => journal.Begin(OperationKind.Init, "", "{}"))
            .Message.ShouldContain("nothing is written any more after");
        journal.Operations(10).ShouldBeEmpty();
    }

    [Fact]
    public void What_is_no_sqlite_file_is_refused()
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllText(FilePath, new string('x', 8192));

        Should.Throw<JournalException>(() => SqliteJournal.OpenReadOnly(FilePath)).Message.ShouldContain("it is no SQLite file");
        Should.Throw<JournalException>(Open).Message.ShouldContain("it is no SQLite file");
        File.ReadAllText(FilePath).ShouldBe(new string('x', 8192));
    }

    [Fact]
    public void Another_programs_database_is_refused()
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        Query("CREATE TABLE mine (a)");

        Should.Throw<JournalException>(() => SqliteJournal.OpenReadOnly(FilePath)).Message.ShouldContain("another program's database");
        Should.Throw<JournalException>(Open).Message.ShouldContain("another program's database");
        Query("SELECT count(*) FROM sqlite_master").ShouldBe(1L);
    }

    [Fact]
    public void An_empty_file_is_taken_for_writing_and_refused_for_reading()
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllText(FilePath, "");

        Should.Throw<JournalException>(() => SqliteJournal.OpenReadOnly(FilePath)).Message.ShouldContain("it is empty");
        using var journal = Open();
        journal.Operations(1).ShouldBeEmpty();
    }

    [Fact]
    public void A_newer_journal_is_refused_and_left_alone()
    {
        Open().Dispose();
        Query("PRAGMA user_version = 99");

        Should.Throw<JournalException>(Open).Message.ShouldContain("it has version 99 and this hostctl understands up to");
        Should.Throw<JournalException>(() => SqliteJournal.OpenReadOnly(FilePath)).Remedy.ShouldContain("hostctl at least as new");
        Query("PRAGMA user_version").ShouldBe(99L);
    }

    [Fact]
    public void An_older_journal_goes_through_the_missing_migrations_in_order()
    {
        Open().Dispose();
        string[] migrations =
        [
            .. JournalSchema.Migrations,
            "CREATE TABLE later (a INTEGER) STRICT",
            "INSERT INTO later VALUES (2)",
        ];
        JournalConnection.OpenForWriting(FilePath, migrations).Dispose();
        JournalConnection.OpenForWriting(FilePath, migrations).Dispose();

        Query("SELECT group_concat(a) FROM later").ShouldBe("2");
        Query("PRAGMA user_version").ShouldBe((long)migrations.Length);
        Should.Throw<JournalException>(() => JournalConnection.OpenForReading(FilePath, migrations.Length + 1))
            .Message.ShouldContain("an older hostctl");
    }

    [Fact]
    public void A_migration_that_fails_changes_nothing()
    {
        Open().Dispose();
        string[] migrations = [.. JournalSchema.Migrations, "CREATE TABLE later (a)", "no SQL"];

        Should.Throw<JournalException>(() => JournalConnection.OpenForWriting(FilePath, migrations));
        Query("SELECT count(*) FROM sqlite_master WHERE name = 'later'").ShouldBe(0L);
        using var journal = Open();
        journal.Operations(1).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("UPDATE operations SET kind = 'Dance'", "\"Dance\" is no OperationKind")]
    [InlineData("UPDATE operations SET kind = '3'", "\"3\" is no OperationKind")]
    [InlineData("UPDATE operations SET started_at = 'noon'", "\"noon\" is no time")]
    public void What_this_program_does_not_understand_is_told(string sql, string expected)
    {
        using var journal = Open();
        journal.Begin(OperationKind.Init, "", "{}");
        Query(sql);

        Should.Throw<JournalException>(() => journal.Operations(1)).Message.ShouldContain(expected);
    }
}
