using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Journal;

public sealed class CanaryRecordTests : JournalFixture
{
    private static readonly CanaryKey Key = new("sha256:old", "sha256:new", "6.1.0", "pc-q35-7.2 Nehalem");

    [Fact]
    public void The_last_result_of_a_pair_is_kept()
    {
        using var journal = Open();
        var operation = journal.Begin(OperationKind.Plan, "", "{}").Id;
        journal.FindCanary(Key).ShouldBeNull();

        journal.RecordCanary(operation, Key, CanaryOutcome.Failed, "refused");
        journal.RecordCanary(operation, Key, CanaryOutcome.Proven, "as before");

        journal.FindCanary(Key).ShouldBe(new CanaryRecord(Key, CanaryOutcome.Proven, "as before", operation, Time.GetUtcNow()));
        journal.FindCanary(Key with { Kernel = "6.2.0" }).ShouldBeNull();
        journal.FindCanary(Key with { Pair = "pc-q35-7.2 EPYC" }).ShouldBeNull();
        journal.FindCanary(Key with { SourceImage = Key.TargetImage, TargetImage = Key.SourceImage }).ShouldBeNull("the way back is another way");
    }

    [Fact]
    public void It_belongs_to_an_operation_that_runs_and_goes_when_that_is_forgotten()
    {
        using var journal = Open();
        journal.Kept = 2;
        var operation = journal.Begin(OperationKind.Swap, "", "{}").Id;
        journal.RecordCanary(operation, Key, CanaryOutcome.Proven, "");
        Close(journal, operation);
        Should.Throw<InvalidOperationException>(() => journal.RecordCanary(operation, Key, CanaryOutcome.Failed, ""));
        journal.FindCanary(Key).ShouldNotBeNull();

        for (var i = 0; i < 2; i++)
            Close(journal, journal.Begin(OperationKind.Swap, "", "{}").Id);

        journal.FindCanary(Key).ShouldBeNull();
    }
}
