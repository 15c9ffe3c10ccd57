using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Inventory;

public sealed class RunningJobTests
{
    private const string TwoDisks = """
        <disk type='file'><target dev='vda'/></disk>
        <disk type='file'><target dev='vdb'/><mirror type='file' READY/></disk>
        """;

    [Fact]
    public void Each_job_is_named_by_its_kind_and_its_disk_and_says_how_far_it_is()
    {
        var jobs = RunningJob.Of(Machine("", whole: null, ("vda", new BlockJob(BlockJobKind.Pull, 12, 100)), ("vdb", new BlockJob(BlockJobKind.Copy, 0, 0)))).ToList();

        jobs.Select(static job => job.InWords).ShouldBe(["a block pull of its disk vda (12 %)", "a block copy of its disk vdb"]);
        jobs[0].Fix.ShouldContain("virsh blockjob vda --abort");
    }

    [Fact]
    public void One_that_waits_for_somebody_says_so()
    {
        var job = RunningJob.Of(Machine("ready='yes'", whole: null, ("vdb", new BlockJob(BlockJobKind.ActiveCommit, 5, 5)))).ShouldHaveSingleItem();

        job.InWords.ShouldBe("a block commit of its disk vdb, which is complete and goes on until somebody ends it");
        job.Fix.ShouldContain("--pivot");
    }

    [Fact]
    public void A_mirror_whose_job_has_just_gone_is_still_told() =>
        RunningJob.Of(Machine("", whole: null)).ShouldHaveSingleItem().InWords.ShouldBe("a copy or commit of its disk vdb");

    [Fact]
    public void A_backup_is_told_once_and_not_for_each_of_its_disks() =>
        RunningJob.Of(Machine("", DomainJobOperation.Backup, ("vda", new BlockJob(BlockJobKind.Backup, 1, 2)), ("vdb", new BlockJob(BlockJobKind.Copy, 1, 2))))
            .Select(static job => job.InWords).ShouldBe(["a backup", "a block copy of its disk vdb (50 %)"]);

    [Theory]
    [InlineData(DomainJobKind.Completed)]
    [InlineData(DomainJobKind.Failed)]
    [InlineData(DomainJobKind.None)]
    public void What_has_ended_is_no_job(DomainJobKind kind)
    {
        var machine = Machine("", DomainJobOperation.Backup);
        RunningJob.Of(machine with { Job = machine.Job! with { Kind = kind }, Definition = machine.Definition! with { Mirrors = [] } }).ShouldBeEmpty();
    }

    private static VirtualMachine Machine(string ready, DomainJobOperation? whole, params (string Disk, BlockJob Job)[] jobs)
    {
        var xml = DomainXmls.WithDevices(Guid.NewGuid(), "db", TwoDisks.Replace("READY", ready, StringComparison.Ordinal));
        return new VirtualMachine(
            new DomainRecord(Guid.NewGuid(), "db", DomainState.Running, 0, Persistent: true, Autostart: false),
            DomainXmlReader.Read(xml),
            [],
            whole is { } operation ? new DomainJob(DomainJobKind.Unbounded, TimeSpan.Zero, null, 0, 0, 0, 0, 0, 0, null) { Operation = operation } : null,
            Unreadable: null)
        {
            BlockJobs = jobs.ToDictionary(static item => item.Disk, static item => item.Job, StringComparer.Ordinal),
        };
    }
}
