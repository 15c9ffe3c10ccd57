using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using HostSwap.Orchestrator.Systemd;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

/// <summary><c>resume</c> where nothing is unfinished: only what somebody has told a QEMU is put right.</summary>
public sealed class ResumeNothingTests : IDisposable, IGenerationConnector, ISwapApproval
{
    private readonly SwapWorld _world = new();
    private readonly Guid _uuid = Guid.NewGuid();
    private readonly FakeMonitor _monitor = new();

    public ResumeNothingTests()
    {
        _world.Journal.Finish(_world.Operation, OperationResult.Done, "", "{}", OperationEnding.Settled);
        var record = new GenerationRecord(1, nameof(GenerationRole.Active), "image", "sha256:0", Guid.NewGuid(), DateTimeOffset.UnixEpoch, null);
        _world.Journal.RecordGenerations([record]);
        var active = Generation.From(record, _world.Paths);
        _world.Engine.Add(active.ContainerName, SwapWorld.SourcePid, restart: true);
        _world.Run(_uuid, SwapWorld.SourcePid);
        Directory.CreateDirectory(active.Paths.QmpDirectory);
        File.WriteAllText(active.Paths.QmpSocket(_uuid), "");
        _world.Qmp.Monitors[active.Paths.QmpSocket(_uuid)] = _monitor;
    }

    public void Dispose() => _world.Dispose();

    public ILibvirtHost ConnectLibvirt(Generation generation) => _world.Source;

    public ISystemdHost ConnectSystemd(Generation generation) => throw new NotSupportedException();

    public Task<bool> ApproveAsync(SwapPlan plan, CancellationToken cancellationToken) => throw new NotSupportedException();

    [Fact]
    public async Task Nothing_is_done_where_every_vm_saves_its_ram() => (await RunAsync()).Result.ShouldBe(OperationResult.NothingToDo);

    [Fact]
    public async Task One_that_is_left_set_is_cleared_and_recorded_and_then_there_is_nothing_to_do()
    {
        _monitor.Ignores = true;

        var result = await RunAsync();

        result.Result.ShouldBe(OperationResult.Done, result.Summary);
        _monitor.Ignores.ShouldBeFalse();
        _world.Journal.Entries(result.Operation!.Value).ShouldHaveSingleItem().Step.ShouldBe("save-ram");
        _world.Journal.UnfinishedOperations().ShouldBeEmpty();
        (await RunAsync()).Result.ShouldBe(OperationResult.NothingToDo);
    }

    [Fact]
    public async Task One_that_cannot_be_cleared_is_a_failure_that_says_so()
    {
        (_monitor.Ignores, _monitor.Obeys) = (true, false);

        var result = await RunAsync();

        result.Result.ShouldBe(OperationResult.FailedOnOldSide);
        result.Problems.ShouldHaveSingleItem().ShouldContain("do not save it");
    }

    private Task<SwapResult> RunAsync() => new ResumeRunner(
        new OuterHostParts(_world.Settings, _world.Engine, _world.Kernel, this, _world.Journal, TimeProvider.System) { Qmp = _world.Qmp },
        _world,
        this).RunAsync(new ResumeRequest(Course: null), CancellationToken.None);
}
