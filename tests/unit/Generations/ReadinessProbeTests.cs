using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Systemd;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Generations;

public sealed class ReadinessProbeTests : IDisposable, IGenerationConnector
{
    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    public ILibvirtHost ConnectLibvirt(Generation generation) => _world.Source;

    public ISystemdHost ConnectSystemd(Generation generation) => new Started();

    [Fact]
    public async Task A_container_of_an_older_hostctl_is_not_held_up_by_what_only_handover_needs()
    {
        var record = new GenerationRecord(1, nameof(GenerationRole.Active), "image", "sha256:0", Guid.NewGuid(), DateTimeOffset.UnixEpoch, null);
        var generation = Generation.From(record, _world.Paths);
        _world.Engine.Add(generation.ContainerName, SwapWorld.SourcePid, restart: true);
        var uplink = $"/sys/class/net/{HostImageContract.GuestBridge}/brif/{HostImageContract.Uplink}";
        _world.Kernel.Files[(SwapWorld.SourcePid, uplink)] = new FileFacts(1, 1, 0, 0, 0);
        var probe = new ReadinessProbe(_world.Settings, _world.Engine, _world.Kernel, this, TimeProvider.System);

        var error = await Should.ThrowAsync<EnvironmentException>(() => probe.WaitAsync(generation, TestContext.Current.CancellationToken));

        error.Message.ShouldContain("/run/dbus is not");
        error.Message.ShouldNotContain(HostImageContract.Memory);
        error.Message.ShouldNotContain(HostImageContract.Qmp);
    }

    private sealed class Started : ISystemdHost
    {
        public Task<SystemdStatus> GetStatusAsync(CancellationToken cancellationToken) => Task.FromResult(new SystemdStatus("running", [], "257"));

        public Task<SystemdStatus> WaitUntilStartedAsync(TimeSpan limit, CancellationToken cancellationToken) => GetStatusAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
