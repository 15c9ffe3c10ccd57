using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping;
using HostSwap.Orchestrator.Swapping.Steps;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class AwaitJobsTests : IDisposable
{
    private readonly SwapWorld _world = new();
    private readonly DomainRecord _db;
    private int _looks;

    public AwaitJobsTests()
    {
        var domains = _world.Source.Domains;
        _db = domains.Add("db", DomainState.Running);
        domains.Xml[_db.Uuid] = DomainXmls.WithDevices(_db.Uuid, "db", "<disk type='file'><target dev='vda'/></disk>");
        domains.Add("off", DomainState.ShutOff);
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task The_end_of_a_job_is_waited_for_and_whose_it_is_is_told_once()
    {
        _world.Source.Domains.DiskJob = (uuid, disk) => uuid == _db.Uuid && disk is "vda" && ++_looks <= 3 ? new BlockJob(BlockJobKind.Commit, _looks, 4) : null;

        (await RunAsync(TimeSpan.FromMinutes(10))).ShouldBe("no job runs on any VM any more");

        _looks.ShouldBe(4);
        _world.Notices.ShouldHaveSingleItem().ShouldBe("db: a block commit of its disk vda (25 %) is under way; its end is waited for, at most 10m");
    }

    [Fact]
    public async Task The_wait_ends_at_its_limit_and_names_what_goes_on()
    {
        _world.Source.Domains.Job = _ => new DomainJob(DomainJobKind.Unbounded, TimeSpan.Zero, null, 0, 0, 0, 0, 0, 0, null) { Operation = DomainJobOperation.Backup };

        (await RunAsync(TimeSpan.FromSeconds(30))).ShouldBe("after 30s there still is a backup (db)");
    }

    [Fact]
    public async Task Whoever_interrupts_is_not_kept_waiting()
    {
        _world.Source.Domains.DiskJob = (_, _) => new BlockJob(BlockJobKind.Pull, 0, 1);
        using var stop = new CancellationTokenSource();
        var run = new AwaitJobsStep(_world.Session).RunAsync(TimeSpan.FromHours(1), stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
    }

    private Task<string> RunAsync(TimeSpan limit) =>
        new AwaitJobsStep(_world.Session with { Time = new HastyTime() }).RunAsync(limit, TestContext.Current.CancellationToken);
}
