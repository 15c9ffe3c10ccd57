using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Locking;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Journal;

/// <summary>Of two that have the journal open for writing, the one that came later writes.</summary>
public sealed class FenceTests : JournalFixture
{
    private static readonly Dictionary<string, Action<SqliteJournal, long, long>> Writes = new(StringComparer.Ordinal)
    {
        ["begin"] = static (journal, _, _) => journal.Begin(OperationKind.Plan, "fenced", "{}"),
        ["intend"] = static (journal, operation, _) => journal.Intend(operation, "fenced", "web", "{}"),
        ["outcome"] = static (journal, _, entry) => journal.Outcome(entry, EntryResult.Done, "fenced"),
        ["move"] = static (journal, operation, _) => journal.RecordMove(operation, Move(Guid.NewGuid(), "fenced")),
        ["finish"] = static (journal, operation, _) => Close(journal, operation),
        ["generations"] = static (journal, _, _) => journal.RecordGenerations([Generation(2)]),
        ["no generations"] = static (journal, _, _) => journal.RecordGenerations([]),
        ["generation"] = static (journal, _, _) => journal.ForgetGeneration(1),
    };

    public static TheoryData<string> Kinds => [.. Writes.Keys];

    private string LockFile => Path.Join(Directory, "lock");

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_earlier_one_is_refused_and_nothing_of_it_is_written(string kind)
    {
        using var earlier = Open();
        var operation = earlier.Begin(OperationKind.Swap, "", "{}").Id;
        var entry = earlier.Intend(operation, "migrate", "web", "{}");
        earlier.RecordGenerations([Generation(1)]);
        using var later = Open();
        var before = Everything();

        var fenced = Should.Throw<FencedException>(() => Writes[kind](earlier, operation, entry));
        fenced.Message.ShouldBe(
            $"journal {FilePath}: another hostctl has taken this outer host over: process {Environment.ProcessId}; this one stops");
        foreach (var write in Writes.Values)
            Should.Throw<FencedException>(() => write(earlier, operation, entry)).InnerException.ShouldBe(fenced);

        Everything().ShouldBe(before);
        earlier.Entries(operation).ShouldHaveSingleItem().Result.ShouldBe(EntryResult.Unknown);
        later.Outcome(entry, EntryResult.Done, "adopted");
        Close(later, operation);
    }

    [Fact]
    public void The_one_who_took_over_is_named_as_the_lock_names_it()
    {
        using var old = OuterHostLock.Acquire(LockFile, "swap", Time);
        using var earlier = SqliteJournal.Open(FilePath, Time, old);
        using var taken = OuterHostLock.Acquire(LockFile, "resume", Time, takeOver: true);
        earlier.Begin(OperationKind.Swap, "", "{}");
        using var later = SqliteJournal.Open(FilePath, Time, taken);

        Should.Throw<FencedException>(() => earlier.Begin(OperationKind.Plan, "", "{}"))
            .Holder.ShouldBe($"'hostctl resume', process {Environment.ProcessId}, since 2026-11-23 06:07:08 UTC");
    }

    [Fact]
    public void One_that_was_replaced_before_it_opened_the_journal_does_not_fence_off_who_replaced_it()
    {
        using var old = OuterHostLock.Acquire(LockFile, "swap", Time);
        using var taken = OuterHostLock.Acquire(LockFile, "resume", Time, takeOver: true);
        using var later = SqliteJournal.Open(FilePath, Time, taken);

        Should.Throw<FencedException>(() => SqliteJournal.Open(FilePath, Time, old)).Holder.ShouldContain("hostctl resume");
        later.Begin(OperationKind.Resume, "", "{}");
    }

    [Fact]
    public void Readers_are_not_fenced_and_fence_nobody()
    {
        using var writer = Open();
        using var reader = SqliteJournal.OpenReadOnly(FilePath);
        var operation = writer.Begin(OperationKind.Swap, "", "{}");

        reader.Operations(1).ShouldBe([operation]);
        using var later = Open();
        reader.Operations(1).ShouldBe([operation]);
        writer.Operations(1).ShouldBe([operation]);
    }

    [Fact]
    public void A_journal_from_before_the_fence_keeps_what_it_held()
    {
        JournalConnection.OpenForWriting(FilePath, [JournalSchema.Migrations[0]]).Dispose();
        Query("INSERT INTO operations VALUES (7, 'Swap', 'Running', 's', '{}', '2026-11-23T00:00:00.0000000Z', NULL, 1)");
        using var journal = Open();

        journal.UnfinishedOperations().ShouldHaveSingleItem().Id.ShouldBe(7);
        journal.Begin(OperationKind.Resume, "", "{}").Id.ShouldBe(8);
        Query("SELECT epoch FROM fence").ShouldBe(1L);
    }

    [Fact]
    public void A_journal_that_lost_its_fence_is_not_written()
    {
        using var journal = Open();
        Query("DELETE FROM fence");

        Should.Throw<JournalException>(() => journal.Begin(OperationKind.Swap, "", "{}")).Message.ShouldContain("its fence is missing");
        Should.Throw<JournalException>(Open).Message.ShouldContain("its fence is missing");
    }

    private object? Everything() => Query(
        """
        SELECT (SELECT json_group_array(json_array(id, kind, result, summary, finished_at, unfinished)) FROM operations)
            || (SELECT json_group_array(json_array(id, step, result, observed)) FROM entries)
            || (SELECT json_group_array(json_array(uuid, state)) FROM moves)
            || (SELECT json_group_array(json_array(number, role)) FROM generations)
            || (SELECT json_group_array(json_array(epoch, holder)) FROM fence)
        """);

    private static GenerationRecord Generation(int number) =>
        new(number, "Active", "a:1", "sha256:1", Guid.Empty, DateTimeOffset.UnixEpoch, null);
}
