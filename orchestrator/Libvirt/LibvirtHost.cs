using HostSwap.Orchestrator.DBus;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>One generation's libvirt, called through libvirt-dbus on that generation's system bus.</summary>
/// <remarks>
/// Nothing is connected before the first call. The bus starts libvirt-dbus on demand, and libvirt-dbus opens its
/// connection to libvirtd anew with each call that finds it dead, so a restart of either costs the calls that were
/// pending and no others.
/// </remarks>
public sealed class LibvirtHost : ILibvirtHost
{
    private readonly BusService _service;
    private readonly LibvirtCalls _calls;

    /// <summary>Makes the adapter.</summary>
    /// <param name="busSocketPath">The socket of the generation's system bus, as seen from the outer host.</param>
    /// <param name="generation">Whose libvirt it is, for errors: <c>gen-2</c>.</param>
    /// <param name="time">The time source; the system's where null.</param>
    public LibvirtHost(string busSocketPath, string generation, TimeProvider? time = null)
    {
        _service = new BusService(busSocketPath, $"libvirt {generation}", "org.libvirt", time ?? TimeProvider.System);
        _calls = new LibvirtCalls(_service);
        Domains = new LibvirtDomains(_calls, time ?? TimeProvider.System);
        Networks = new LibvirtObjects(_calls, LibvirtObjectKind.Network);
        StoragePools = new LibvirtObjects(_calls, LibvirtObjectKind.StoragePool);
        NetworkFilters = new LibvirtObjects(_calls, LibvirtObjectKind.NetworkFilter);
        Secrets = new LibvirtSecrets(_calls);
    }

    /// <inheritdoc/>
    public ILibvirtDomains Domains { get; }

    /// <inheritdoc/>
    public ILibvirtObjects Networks { get; }

    /// <inheritdoc/>
    public ILibvirtObjects StoragePools { get; }

    /// <inheritdoc/>
    public ILibvirtObjects NetworkFilters { get; }

    /// <inheritdoc/>
    public ILibvirtSecrets Secrets { get; }

    /// <inheritdoc/>
    public async Task<LibvirtVersions> ReadVersionsAsync(CancellationToken cancellationToken)
    {
        var libvirt = _calls.ConnectPropertyAsync("LibVersion", DecodeVersion, cancellationToken);
        var hypervisor = _calls.ConnectPropertyAsync("Version", DecodeVersion, cancellationToken);
        await Task.WhenAll(libvirt, hypervisor);
        return new LibvirtVersions(await libvirt, await hypervisor);

        static Version DecodeVersion(BusValue value) => HostDescription.DecodeVersion(value.ToInt64());
    }

    /// <inheritdoc/>
    public async Task<LibvirtHostDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        var versions = ReadVersionsAsync(cancellationToken);
        var capabilities = _calls.ConnectAsync(
            "GetCapabilities",
            reply => (Xml: reply.First.AsString(), HostUuid: HostDescription.ReadHostUuid(reply.First.AsString())),
            cancellationToken);
        await Task.WhenAll(versions, capabilities);
        var (xml, hostUuid) = await capabilities;
        return new LibvirtHostDescription(hostUuid, (await versions).Libvirt, (await versions).Hypervisor, xml);
    }

    /// <inheritdoc/>
    public Task<string> GetDomainCapabilitiesAsync(
        DomainCapabilitiesQuery query, CancellationToken cancellationToken) => _calls.ConnectAsync(
        "GetDomainCapabilities",
        reply => reply.First.AsString(),
        cancellationToken,
        BusValue.String(query.Emulator),
        BusValue.String(query.Architecture),
        BusValue.String(query.MachineType),
        BusValue.String(query.VirtType),
        BusValue.UInt32(0));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _service.DisposeAsync();
}
