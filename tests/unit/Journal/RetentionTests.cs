using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Journal;

public sealed class RetentionTests : JournalFixture
{
    [Fact]
    public void The_newest_are_kept_with_all_that_belongs_to_them()
    {
        using var journal = Open();
        journal.Kept = 3;
        for (var i = 0; i < 5; i++)
            Carry(journal, OperationKind.Swap);

        journal.Operations(10).Select(operation => operation.Id).ShouldBe([5, 4, 3]);
        Query("SELECT min(operation) || ' ' || count(*) FROM entries").ShouldBe("3 6");
        Query("SELECT min(operation) || ' ' || count(*) FROM moves").ShouldBe("3 3");
        journal.FindOperation(2).ShouldBeNull();
        journal.Begin(OperationKind.Plan, "", "{}").Id.ShouldBe(6, "a number never comes again");
    }

    [Fact]
    public void What_has_to_be_continued_is_kept_with_all_that_came_after_it()
    {
        using var journal = Open();
        journal.Kept = 3;
        Carry(journal, OperationKind.Plan);
        var died = journal.Begin(OperationKind.Swap, "", "{}").Id;
        journal.Intend(died, "migrate", "web", "{}");
        for (var i = 0; i < 5; i++)
            Carry(journal, OperationKind.Start);

        journal.Operations(10).Select(operation => operation.Id).ShouldBe([7, 6, 5, 4, 3, died]);
        journal.Entries(died).ShouldHaveSingleItem();

        Carry(journal, OperationKind.Resume);
        journal.Operations(10).Select(operation => operation.Id).ShouldBe([8, 7, 6]);
    }

    [Fact]
    public void One_that_died_and_moves_nothing_holds_up_nothing()
    {
        using var journal = Open();
        journal.Kept = 3;
        journal.Begin(OperationKind.Plan, "", "{}");
        for (var i = 0; i < 3; i++)
            Carry(journal, OperationKind.Start);

        journal.Operations(10).Select(operation => operation.Id).ShouldBe([4, 3, 2]);
    }

    [Fact]
    public void A_thousand_are_kept()
    {
        using var journal = Open();
        Query(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
            INSERT INTO operations (kind, result, summary, detail, started_at, finished_at, unfinished)
            SELECT 'Plan', 'Done', '', '{}', '2026-11-23T00:00:00.0000000Z', '2026-11-23T00:00:00.0000000Z', 0 FROM n
            """);
        Carry(journal, OperationKind.Swap);

        journal.Operations(9999).Count.ShouldBe(1000);
        journal.Operations(1)[0].Id.ShouldBe(1501);
    }

    [Fact]
    public void Three_times_as_many_operations_need_no_more_room()
    {
        using var journal = Open();
        journal.Kept = 50;
        // One more than is kept is there at a time: the one that is under way.
        for (var i = 0; i < 51; i++)
            Carry(journal, OperationKind.Swap);
        var pages = (long)Query("PRAGMA page_count")!;
        var log = new FileInfo(FilePath + "-wal");
        for (var i = 0; i < 100; i++)
            Carry(journal, OperationKind.Swap);

        // A twentieth for pages that records of another order share less well.
        ((long)Query("PRAGMA page_count")!).ShouldBeLessThanOrEqualTo(pages + (pages / 20));
        // SQLite writes its log back at 1000 pages of 4 KiB and begins it anew.
        log.Refresh();
        log.Length.ShouldBeLessThan(5 << 20);
        journal.Operations(9999).Count.ShouldBe(50);
    }

    /// <summary>An operation with two entries and a move, carried to its end.</summary>
    private static void Carry(SqliteJournal journal, OperationKind kind)
    {
        var operation = journal.Begin(kind, "", "{}").Id;
        journal.Outcome(journal.Intend(operation, "migrate", "web", "{}"), EntryResult.Done, new string('x', 1000));
        journal.Outcome(journal.Intend(operation, "activate", "web", "{}"), EntryResult.Done, new string('x', 1000));
        journal.RecordMove(operation, Move(Guid.NewGuid(), "Verified"));
        Close(journal, operation);
    }
}
