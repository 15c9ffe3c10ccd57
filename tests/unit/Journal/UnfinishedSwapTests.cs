using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Journal;

public sealed class UnfinishedSwapTests : JournalFixture
{
    [Fact]
    public void A_swap_that_died_is_unfinished()
    {
        using (var journal = Open())
        {
            journal.Begin(OperationKind.Swap, "", "{}");
            journal.Begin(OperationKind.Plan, "", "{}");
        }

        using var again = Open();
        again.FindUnfinished().ShouldNotBeNull().Id.ShouldBe(1);
    }

    [Theory]
    [InlineData(OperationKind.Init)]
    [InlineData(OperationKind.Start)]
    [InlineData(OperationKind.Plan)]
    public void Other_operations_never_are(OperationKind kind)
    {
        using var journal = Open();
        var operation = journal.Begin(kind, "", "{}").Id;
        journal.FindUnfinished().ShouldBeNull();
        journal.Finish(operation, OperationResult.Interrupted, "", "{}", OperationEnding.Resumable);
        journal.FindUnfinished().ShouldBeNull();
    }

    [Theory]
    [InlineData(OperationResult.FailedOnBothSides, OperationEnding.Resumable, true)]
    [InlineData(OperationResult.Interrupted, OperationEnding.Resumable, true)]
    [InlineData(OperationResult.Interrupted, OperationEnding.Untouched, false)]
    [InlineData(OperationResult.NeedsPerson, OperationEnding.Resumable, true)]
    [InlineData(OperationResult.Done, OperationEnding.Settled, false)]
    [InlineData(OperationResult.FailedOnOldSide, OperationEnding.Settled, false)]
    [InlineData(OperationResult.Refused, OperationEnding.Untouched, false)]
    public void A_closed_swap_is_unfinished_where_it_is_resumable(OperationResult result, OperationEnding ending, bool unfinished)
    {
        using var journal = Open();
        journal.Finish(journal.Begin(OperationKind.Swap, "", "{}").Id, result, "", "{}", ending);

        (journal.FindUnfinished() is not null).ShouldBe(unfinished);
    }

    [Theory]
    [InlineData(OperationKind.Swap, OperationEnding.Settled, null)]
    [InlineData(OperationKind.Resume, OperationEnding.Settled, null)]
    [InlineData(OperationKind.Rollback, OperationEnding.Settled, null)]
    [InlineData(OperationKind.Resume, OperationEnding.Untouched, 1L)]
    [InlineData(OperationKind.Resume, OperationEnding.Resumable, 2L)]
    [InlineData(OperationKind.Start, OperationEnding.Settled, 1L)]
    public void A_later_operation_closes_it_only_by_bringing_every_vm_to_one_side(OperationKind later, OperationEnding ending, long? unfinished)
    {
        using var journal = Open();
        journal.Finish(journal.Begin(OperationKind.Swap, "", "{}").Id, OperationResult.FailedOnBothSides, "", "{}", OperationEnding.Resumable);
        journal.Finish(journal.Begin(later, "", "{}").Id, OperationResult.Done, "", "{}", ending);

        (journal.FindUnfinished()?.Id).ShouldBe(unfinished);
    }

    [Fact]
    public void The_newest_of_several_is_returned()
    {
        using var journal = Open();
        journal.Begin(OperationKind.Swap, "", "{}");
        journal.Finish(journal.Begin(OperationKind.Swap, "", "{}").Id, OperationResult.FailedOnBothSides, "", "{}", OperationEnding.Resumable);

        journal.FindUnfinished().ShouldNotBeNull().Id.ShouldBe(2);
    }

    [Fact]
    public void Another_kind_of_operation_closes_no_swap()
    {
        using var journal = Open();
        journal.Begin(OperationKind.Swap, "", "{}");
        journal.Finish(journal.Begin(OperationKind.Start, "", "{}").Id, OperationResult.Done, "", "{}", OperationEnding.Settled);

        journal.FindUnfinished().ShouldNotBeNull().Id.ShouldBe(1);
    }
}
