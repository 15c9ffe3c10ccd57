namespace HostSwap.Orchestrator.Libvirt;

/// <summary>
/// One generation's libvirt, reached through libvirt-dbus on that generation's own system bus.
/// Every member throws <see cref="Errors.AdapterException"/> when libvirt refuses or fails,
/// <see cref="Errors.DeadlineException"/> when it does not answer in time, and survives a restart of
/// libvirtd or libvirt-dbus by reconnecting.
/// </summary>
public interface ILibvirtHost : IAsyncDisposable
{
    /// <summary>The domains of this host.</summary>
    ILibvirtDomains Domains { get; }

    /// <summary>The virtual networks of this host.</summary>
    ILibvirtObjects Networks { get; }

    /// <summary>The storage pools of this host.</summary>
    ILibvirtObjects StoragePools { get; }

    /// <summary>Reads the versions alone: libvirt does not build its capabilities document for that.</summary>
    Task<LibvirtVersions> ReadVersionsAsync(CancellationToken cancellationToken);

    /// <summary>Reads versions, host UUID and capabilities.</summary>
    Task<LibvirtHostDescription> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads what domains of one kind can have on this host (<c>virConnectGetDomainCapabilities</c>), as XML.
    /// libvirt refuses a machine type that its emulator does not have.
    /// </summary>
    Task<string> GetDomainCapabilitiesAsync(DomainCapabilitiesQuery query, CancellationToken cancellationToken);

    /// <summary>Names of the network filters that are defined here.</summary>
    Task<IReadOnlyList<string>> ListNetworkFiltersAsync(CancellationToken cancellationToken);

    /// <summary>UUIDs of the secrets that are defined here.</summary>
    Task<IReadOnlyList<Guid>> ListSecretsAsync(CancellationToken cancellationToken);
}

/// <summary>What runs on a libvirt host.</summary>
/// <param name="Libvirt">Version of the libvirt daemon.</param>
/// <param name="Hypervisor">Version of QEMU.</param>
public sealed record LibvirtVersions(Version Libvirt, Version Hypervisor);

/// <summary>What a libvirt host says of itself.</summary>
/// <param name="HostUuid">The host UUID that libvirt compares to tell two hosts apart in a migration.</param>
/// <param name="LibvirtVersion">Version of the libvirt daemon.</param>
/// <param name="HypervisorVersion">Version of QEMU.</param>
/// <param name="CapabilitiesXml">The whole <c>virConnectGetCapabilities</c> document.</param>
public sealed record LibvirtHostDescription(
    Guid HostUuid, Version LibvirtVersion, Version HypervisorVersion, string CapabilitiesXml);

/// <summary>Which domains to ask the capabilities of; an empty emulator means libvirt's default for the rest.</summary>
public sealed record DomainCapabilitiesQuery(string Emulator, string Architecture, string MachineType, string VirtType);

/// <summary>Objects that libvirt keeps by name with an XML definition: networks and storage pools.</summary>
public interface ILibvirtObjects
{
    /// <summary>Lists all of them, active or not.</summary>
    Task<IReadOnlyList<LibvirtObject>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Reads the persistent definition (that of the next start), or the live one where there is no other.</summary>
    Task<string> GetXmlAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Defines it persistently, or replaces the definition of the same name and UUID. libvirt refuses a known name
    /// with another UUID, and gives XML without one a new UUID.
    /// </summary>
    Task DefineAsync(string xml, CancellationToken cancellationToken);

    /// <summary>Starts it.</summary>
    Task StartAsync(string name, CancellationToken cancellationToken);

    /// <summary>Says whether libvirt starts it by itself.</summary>
    Task SetAutostartAsync(string name, bool autostart, CancellationToken cancellationToken);
}

/// <summary>A network or a storage pool.</summary>
public sealed record LibvirtObject(string Name, Guid Uuid, bool Active, bool Persistent, bool Autostart);
