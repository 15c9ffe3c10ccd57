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
        Has(generation, ("net", "02:42:0a:00:00:02"));
        Joined("br0", "eth0", "02:42:0a:00:00:02");
        var probe = new ReadinessProbe(_world.Settings, _world.Engine, _world.Kernel, this, TimeProvider.System);

        var error = await Should.ThrowAsync<EnvironmentException>(() => probe.WaitAsync(generation, TestContext.Current.CancellationToken));

        error.Message.ShouldContain("/run/dbus is not");
        error.Message.ShouldNotContain(HostImageContract.Memory);
        error.Message.ShouldNotContain(HostImageContract.Qmp);
        error.Message.ShouldNotContain("bridge");
    }

    [Theory]
    [InlineData("02:42:0a:00:01:02", "is not in the bridge br1 after")]
    [InlineData(null, "it is not on the Docker network net-lan, which br1 belongs to")]
    public async Task Each_bridge_must_have_the_interface_of_its_own_network(string? address, string problem)
    {
        var record = new GenerationRecord(1, nameof(GenerationRole.Active), "image", "sha256:0", Guid.NewGuid(), DateTimeOffset.UnixEpoch, null);
        var generation = Generation.From(record, _world.Paths);
        _world.Engine.Add(generation.ContainerName, SwapWorld.SourcePid, restart: true);
        Has(generation, ("net", "02:42:0a:00:00:02"), ("net-lan", address));
        var settings = _world.Settings with { Generation = _world.Settings.Generation with { ReadyTimeout = TimeSpan.Zero } };
        // The two are the wrong way round, as where one trusts the order of Docker's names.
        Joined("br0", "eth1", "02:42:0a:00:01:02");
        Joined("br1", "eth0", "02:42:0a:00:00:02");
        var probe = new ReadinessProbe(settings, _world.Engine, _world.Kernel, this, TimeProvider.System);

        var error = await Should.ThrowAsync<EnvironmentException>(() => probe.WaitAsync(generation, TestContext.Current.CancellationToken));

        error.Message.ShouldContain("the uplink to net (02:42:0a:00:00:02) is not in the bridge br0 after");
        error.Message.ShouldContain(problem);
    }

    private void Has(Generation generation, params (string Network, string? Address)[] networks) =>
        _world.Engine.Containers[generation.ContainerName] = _world.Engine.Containers[generation.ContainerName] with
        {
            Labels = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [HostImageContract.NetworksLabel] = string.Join(' ', networks.Select(static (item, index) => $"br{index}={item.Network}")),
            },
            Networks = networks.Where(static item => item.Address is not null).ToDictionary(static item => item.Network, static item => item.Address!, StringComparer.Ordinal),
        };

    private void Joined(string bridge, string name, string address)
    {
        const int Pid = SwapWorld.SourcePid;
        if (!_world.Kernel.Interfaces.TryGetValue(Pid, out var names))
            _world.Kernel.Interfaces[Pid] = names = new HashSet<string>(StringComparer.Ordinal);
        names.UnionWith([bridge, name]);
        _world.Kernel.Files[(Pid, $"/sys/class/net/{bridge}/brif/{name}")] = new FileFacts(1, 1, 0, 0, 0);
        // A bridge has its port's address.
        _world.Kernel.Texts[(Pid, $"/sys/class/net/{name}/address")] = address;
        _world.Kernel.Texts[(Pid, $"/sys/class/net/{bridge}/address")] = address;
    }

    private sealed class Started : ISystemdHost
    {
        public Task<SystemdStatus> GetStatusAsync(CancellationToken cancellationToken) => Task.FromResult(new SystemdStatus("running", [], "257"));

        public Task<SystemdStatus> WaitUntilStartedAsync(TimeSpan limit, CancellationToken cancellationToken) => GetStatusAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
