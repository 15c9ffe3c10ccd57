using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Journal;

public sealed class CanaryRecordTests : JournalFixture
{
    private static readonly CanaryKey Key = new("sha256:old", "sha256:new", "6.1.0", "pc-q35-7.2 Nehalem", "Copy");

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
        journal.FindCanary(Key with { Method = "Handover" }).ShouldBeNull();
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

    [Fact]
    public void What_an_older_hostctl_has_proven_it_has_proven_for_both_methods_and_one_way()
    {
        JournalConnection.OpenForWriting(FilePath, [.. JournalSchema.Migrations.Take(5)]).Dispose();
        Query(
            """
            INSERT INTO canaries VALUES
                ('sha256:old', 'sha256:new', '6.1.0', 'pc-q35-7.2 Nehalem', 'Proven', 'as before', 7, '2026-01-02T03:04:05.0000000Z'),
                ('sha256:old', 'sha256:new', '6.1.0', 'pc-i440fx-7.2 Nehalem', 'Failed', 'refused', 7, '2026-01-02T03:04:05.0000000Z')
            """);
        using var journal = Open();

        foreach (var method in new[] { "Copy", "Handover" })
        {
            journal.FindCanary(Key with { Method = method }).ShouldNotBeNull().Outcome.ShouldBe(CanaryOutcome.Proven);
            journal.FindCanary(Key with { Method = method, SourceImage = Key.TargetImage, TargetImage = Key.SourceImage }).ShouldBeNull();
            journal.FindCanary(Key with { Method = method, Pair = "pc-i440fx-7.2 Nehalem" }).ShouldBeNull();
        }
    }
}
