using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Systemd;
using HostSwap.UnitTests.Fakes;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>Connections into the model's generations.</summary>
internal sealed class ModelConnector(ModelWorld world, FaultGate gate) : IGenerationConnector
{
    public ILibvirtHost ConnectLibvirt(Generation generation) => new ModelLibvirtHost(world, gate, generation);

    public ISystemdHost ConnectSystemd(Generation generation) => new ModelSystemd(world, gate, generation.Number);
}

/// <summary>A generation's systemd.</summary>
internal sealed class ModelSystemd(ModelWorld world, FaultGate gate, int generation) : ModelAdapter(world, gate), ISystemdHost
{
    public Task<SystemdStatus> GetStatusAsync(CancellationToken cancellationToken) => ReadAsync(() => World.Container(generation) is { Running: true }
        ? new SystemdStatus("running", [], "257")
        : throw new DeadlineException($"systemd of gen-{generation} to start", TimeSpan.FromSeconds(60), "no bus"));

    public Task<SystemdStatus> WaitUntilStartedAsync(TimeSpan limit, CancellationToken cancellationToken) => GetStatusAsync(cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A generation's libvirt.</summary>
internal sealed class ModelLibvirtHost(ModelWorld world, FaultGate gate, Generation generation) : ModelAdapter(world, gate), ILibvirtHost
{
    private const string Capabilities =
        "<capabilities><guest><arch name='x86_64'><domain type='qemu'/><machine>pc-q35-7.2</machine></arch></guest></capabilities>";

    public ILibvirtDomains Domains { get; } = new ModelDomains(world, gate, generation.Number);

    public ILibvirtObjects Networks { get; } = new FakeObjects();

    public ILibvirtObjects StoragePools { get; } = new FakeObjects();

    public ILibvirtObjects NetworkFilters { get; } = new FakeObjects();

    public ILibvirtSecrets Secrets { get; } = new FakeSecrets();

    public Task<LibvirtVersions> ReadVersionsAsync(CancellationToken cancellationToken) => ReadAsync(Versions);

    public Task<LibvirtHostDescription> DescribeAsync(CancellationToken cancellationToken) =>
        ReadAsync(() => new LibvirtHostDescription(generation.Record.HostUuid, Versions().Libvirt, Versions().Hypervisor, Capabilities));

    public Task<string> GetDomainCapabilitiesAsync(DomainCapabilitiesQuery query, CancellationToken cancellationToken) =>
        ReadAsync(() => "<domainCapabilities/>");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private LibvirtVersions Versions() => World.Container(generation.Number) is { Running: true }
        ? new LibvirtVersions(new Version(11, 3, 0), new Version(10, 0, 0))
        : throw new AdapterException($"libvirt {generation.Name}", "describe", "no bus");
}
