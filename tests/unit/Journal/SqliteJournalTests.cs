using CsCheck;
using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Journal;

public sealed class SqliteJournalTests : JournalFixture
{
    [Fact]
    public void What_was_written_is_there_after_reopening()
    {
        var uuid = Guid.NewGuid();
        Operation swap;
        long done, open;
        using (var journal = Open())
        {
            swap = journal.Begin(OperationKind.Swap, "gen-1 to gen-2", "{\"from\":1}");
            done = journal.Intend(swap.Id, "StartCandidate", "gen-2", "{}");
            Time.Advance(TimeSpan.FromTicks(7));
            journal.Outcome(done, EntryResult.Done, "running");
            open = journal.Intend(swap.Id, "MoveDomains", "web", "{\"method\":\"copy\"}");
            journal.RecordMove(swap.Id, Move(uuid));
            journal.RecordMove(swap.Id, Move(uuid, "Moving") with { BytesTransferred = 5, Downtime = TimeSpan.FromTicks(12345) });
        }

        using var again = Open();
        again.FindOperation(swap.Id).ShouldBe(swap);
        again.FindOperation(99).ShouldBeNull();
        again.Operations(10).ShouldBe([swap]);
        again.Entries(swap.Id).ShouldBe([
            new JournalEntry(done, swap.Id, "StartCandidate", "gen-2", "{}", EntryResult.Done, "running", swap.StartedAt, Time.GetUtcNow()),
            new JournalEntry(open, swap.Id, "MoveDomains", "web", "{\"method\":\"copy\"}", EntryResult.Unknown, "", Time.GetUtcNow(), null),
        ]);
        again.Moves(swap.Id).ShouldBe([Move(uuid, "Moving") with { BytesTransferred = 5, Downtime = TimeSpan.FromTicks(12345) }]);
    }

    [Fact]
    public void Moves_stay_in_the_order_of_their_first_record()
    {
        using var journal = Open();
        var swap = journal.Begin(OperationKind.Swap, "", "{}").Id;
        Guid[] uuids = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
        foreach (var uuid in uuids)
            journal.RecordMove(swap, Move(uuid));
        journal.RecordMove(swap, Move(uuids[0], "Verified"));

        journal.Moves(swap).Select(move => move.Uuid).ShouldBe(uuids);
        journal.Moves(swap)[0].State.ShouldBe("Verified");
    }

    [Fact]
    public void Operations_come_newest_first_and_no_more_than_asked_for()
    {
        using var journal = Open();
        var ids = Enumerable.Range(0, 5).Select(_ => journal.Begin(OperationKind.Plan, "", "{}").Id).ToList();

        journal.Operations(3).Select(operation => operation.Id).ShouldBe([ids[4], ids[3], ids[2]]);
        journal.Operations(0).ShouldBeEmpty();
    }

    [Fact]
    public void A_closed_operation_has_its_result_and_time()
    {
        using var journal = Open();
        var begun = journal.Begin(OperationKind.Init, "begun", "{}");
        Time.Advance(TimeSpan.FromSeconds(2));
        journal.Finish(begun.Id, OperationResult.Done, "done", "{\"a\":1}", OperationEnding.Settled);

        journal.FindOperation(begun.Id).ShouldBe(begun with
        {
            Result = OperationResult.Done,
            Summary = "done",
            DetailJson = "{\"a\":1}",
            FinishedAt = Time.GetUtcNow(),
        });
    }

    [Fact]
    public void What_a_caller_may_not_do_is_refused_and_poisons_nothing()
    {
        using var journal = Open();
        var operation = journal.Begin(OperationKind.Swap, "", "{}").Id;
        var entry = journal.Intend(operation, "Plan", "", "{}");
        journal.Outcome(entry, EntryResult.Failed, "no");

        Should.Throw<InvalidOperationException>(() => journal.Outcome(entry, EntryResult.Done, ""));
        Should.Throw<InvalidOperationException>(() => journal.Outcome(99, EntryResult.Done, ""));
        Should.Throw<ArgumentOutOfRangeException>(() => journal.Outcome(entry, EntryResult.Unknown, ""));
        Should.Throw<InvalidOperationException>(() => journal.Intend(99, "Plan", "", "{}"));
        Should.Throw<InvalidOperationException>(() => journal.RecordMove(99, Move(Guid.NewGuid())));
        Should.Throw<ArgumentOutOfRangeException>(() => journal.Finish(operation, OperationResult.Running, "", "{}", OperationEnding.Settled));
        journal.Finish(operation, OperationResult.Refused, "", "{}", OperationEnding.Settled);
        Should.Throw<InvalidOperationException>(() => journal.Finish(operation, OperationResult.Done, "", "{}", OperationEnding.Settled));
        Should.Throw<InvalidOperationException>(() => journal.Intend(operation, "Plan", "", "{}"));
        Should.Throw<InvalidOperationException>(() => journal.RecordMove(operation, Move(Guid.NewGuid())));
        journal.Begin(OperationKind.Plan, "", "{}").Id.ShouldBeGreaterThan(operation);
    }

    [Fact]
    public void Generations_are_replaced_and_forgotten()
    {
        using var journal = Open();
        var first = new GenerationRecord(1, "Active", "a:1", "sha256:1", Guid.NewGuid(), Time.GetUtcNow(), null);
        var second = first with { Number = 2, Role = "Candidate", HostUuid = Guid.NewGuid() };
        journal.RecordGenerations([second]);
        journal.RecordGenerations([first]);
        journal.RecordGenerations([first with { Role = "Retired", RetiredAt = Time.GetUtcNow() }]);

        journal.Generations().ShouldBe([first with { Role = "Retired", RetiredAt = Time.GetUtcNow() }, second]);
        journal.ForgetGeneration(1);
        journal.ForgetGeneration(7);
        journal.Generations().ShouldBe([second]);
    }

    [Fact]
    public void Any_text_and_number_comes_back_as_it_was()
    {
        using var journal = Open();
        var operation = journal.Begin(OperationKind.Swap, "", "{}").Id;
        var text = Gen.String[Gen.Char.Where(c => !char.IsSurrogate(c)), 0, 20];
        var span = Gen.Long.Select(TimeSpan.FromTicks).Nullable();
        var time = Gen.Long[0, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay].Select(Gen.Int[-14, 14], (ticks, hours) =>
            new DateTimeOffset(ticks, TimeSpan.Zero).ToOffset(ticks < TimeSpan.TicksPerDay ? TimeSpan.Zero : TimeSpan.FromHours(hours)));
        Gen.Select(Gen.Guid, text, text, text, Gen.Bool, Gen.Long.Nullable(), span, span)
            .Select(t => new MoveRecord(t.Item1, t.Item2, t.Item3, t.Item4, t.Item2 + t.Item3, t.Item5, t.Item6, t.Item7, t.Item8))
            .Sample(
                move =>
                {
                    journal.RecordMove(operation, move);
                    return journal.Moves(operation)[^1] == move;
                },
                iter: 100,
                threads: 1);
        Gen.Select(Gen.Int[1, int.MaxValue], text, text, Gen.Guid, time, time.Nullable())
            .Select(t => new GenerationRecord(t.Item1, t.Item2, t.Item3, t.Item3, t.Item4, t.Item5, t.Item6))
            .Sample(
                generation =>
                {
                    journal.RecordGenerations([generation]);
                    return journal.Generations().Contains(generation);
                },
                iter: 100,
                threads: 1);
    }

    [Fact]
    public async Task Several_tasks_may_write_and_read_at_once()
    {
        using var journal = Open();
        var operation = journal.Begin(OperationKind.Swap, "", "{}").Id;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 25; i++)
            {
                journal.Outcome(journal.Intend(operation, "MoveDomains", $"{worker}", "{}"), EntryResult.Done, $"{i}");
                _ = journal.Entries(operation);
            }
        })));

        var entries = journal.Entries(operation);
        entries.Count.ShouldBe(100);
        entries.ShouldAllBe(entry => entry.Result == EntryResult.Done);
    }
}
