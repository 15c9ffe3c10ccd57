using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Diagnosis;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Diagnosis;

/// <summary>A QEMU that leaves its RAM out of what it saves looks healthy in every other way.</summary>
public sealed class SavedRamCheckTests : IDisposable
{
    private readonly SwapWorld _world = new();
    private readonly Guid _uuid = Guid.NewGuid();
    private readonly FakeMonitor _monitor = new();

    public SavedRamCheckTests()
    {
        var paths = new GenerationPaths(_world.Paths, 1);
        _world.Engine.Add(Generation.ContainerNameOf(1, _world.Paths), SwapWorld.SourcePid, restart: true);
        _world.Run(_uuid, SwapWorld.SourcePid);
        Directory.CreateDirectory(paths.QmpDirectory);
        File.WriteAllText(paths.QmpSocket(_uuid), "");
        _world.Qmp.Monitors[paths.QmpSocket(_uuid)] = _monitor;
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task All_is_well() => (await RunAsync()).Status.ShouldBe(HealthStatus.Ok);

    [Fact]
    public async Task One_that_is_left_set_is_an_error_that_names_the_vm_and_what_to_do()
    {
        _monitor.Ignores = true;

        var check = await RunAsync();

        check.Status.ShouldBe(HealthStatus.Error);
        check.Message.ShouldContain($"web ({_uuid}) in gen-1");
        check.Fix.ShouldContain("hostctl resume");
        _monitor.Ignores.ShouldBeTrue("a doctor changes nothing");
    }

    [Fact]
    public async Task One_that_does_not_answer_is_a_warning()
    {
        _world.Qmp.Monitors.Clear();

        (await RunAsync()).Status.ShouldBe(HealthStatus.Warning);
    }

    /// <summary>While a VM is handed over it has to be set, and a monitor serves one at a time.</summary>
    [Fact]
    public async Task Nobody_is_disturbed_while_hostctl_is_at_work()
    {
        _monitor.Ignores = true;

        var check = await RunAsync("swap by process 17");

        check.Status.ShouldBe(HealthStatus.Ok);
        check.Message.ShouldContain("swap by process 17");
    }

    private Task<HealthCheck> RunAsync(string? holder = null) =>
        new SavedRamCheck(_world.Paths, _world.Engine, _world.Kernel, _world.Qmp).RunAsync(
            new HostStatus(
                Initialised: true,
                [
                    new GenerationStatus(
                        1, GenerationRole.Active, "image", "sha256:0", "running", Guid.NewGuid(), LibvirtVersion: null, QemuVersion: null, DateTimeOffset.UnixEpoch, FailedUnits: []),
                ],
                [new VmStatus("web", _uuid, 1, DomainState.Running, Persistent: true, Autostart: false)],
                UnfinishedSwap: null,
                holder),
            TestContext.Current.CancellationToken);
}
