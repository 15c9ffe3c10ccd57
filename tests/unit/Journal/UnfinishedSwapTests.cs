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
        again.UnfinishedOperations().FirstOrDefault().ShouldNotBeNull().Id.ShouldBe(1);
    }

    [Theory]
    [InlineData(OperationKind.Init)]
    [InlineData(OperationKind.Start)]
    [InlineData(OperationKind.Plan)]
    public void Other_operations_never_are(OperationKind kind)
    {
        using var journal = Open();
        var operation = journal.Begin(kind, "", "{}").Id;
        journal.UnfinishedOperations().FirstOrDefault().ShouldBeNull();
        journal.Finish(operation, OperationResult.Interrupted, "", "{}", resumable: true);
        journal.UnfinishedOperations().FirstOrDefault().ShouldBeNull();
    }

    [Theory]
    [InlineData(OperationResult.FailedOnBothSides, true, true)]
    [InlineData(OperationResult.Interrupted, true, true)]
    [InlineData(OperationResult.Interrupted, false, false)]
    [InlineData(OperationResult.NeedsPerson, true, true)]
    [InlineData(OperationResult.Done, false, false)]
    [InlineData(OperationResult.FailedOnOldSide, false, false)]
    [InlineData(OperationResult.Refused, false, false)]
    public void A_closed_swap_is_unfinished_where_it_is_resumable(OperationResult result, bool resumable, bool unfinished)
    {
        using var journal = Open();
        journal.Finish(journal.Begin(OperationKind.Swap, "", "{}").Id, result, "", "{}", resumable);

        (journal.UnfinishedOperations().FirstOrDefault() is not null).ShouldBe(unfinished);
    }

    [Theory]
    [InlineData(OperationResult.Done, null)]
    [InlineData(OperationResult.NothingToDo, null)]
    [InlineData(OperationResult.FailedOnOldSide, null)]
    [InlineData(OperationResult.Refused, 1L)]
    [InlineData(OperationResult.Declined, 1L)]
    [InlineData(OperationResult.Interrupted, 1L)]
    [InlineData(OperationResult.NeedsPerson, 1L)]
    public void A_later_swap_closes_it_only_by_bringing_every_vm_to_one_side(OperationResult later, long? unfinished)
    {
        using var journal = Open();
        journal.Finish(journal.Begin(OperationKind.Swap, "", "{}").Id, OperationResult.FailedOnBothSides, "", "{}", resumable: true);
        journal.Finish(journal.Begin(OperationKind.Swap, "", "{}").Id, later, "", "{}", resumable: false);

        (journal.UnfinishedOperations().FirstOrDefault()?.Id).ShouldBe(unfinished);
    }

    [Fact]
    public void The_newest_of_several_is_returned()
    {
        using var journal = Open();
        journal.Begin(OperationKind.Swap, "", "{}");
        journal.Finish(journal.Begin(OperationKind.Swap, "", "{}").Id, OperationResult.FailedOnBothSides, "", "{}", resumable: true);

        journal.UnfinishedOperations().FirstOrDefault().ShouldNotBeNull().Id.ShouldBe(2);
    }

    [Fact]
    public void Another_kind_of_operation_closes_no_swap()
    {
        using var journal = Open();
        journal.Begin(OperationKind.Swap, "", "{}");
        journal.Finish(journal.Begin(OperationKind.Start, "", "{}").Id, OperationResult.Done, "", "{}", resumable: false);

        journal.UnfinishedOperations().FirstOrDefault().ShouldNotBeNull().Id.ShouldBe(1);
    }
}
