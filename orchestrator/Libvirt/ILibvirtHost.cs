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

    /// <summary>The network filters of this host. They only are: none is active, started, stopped or started by itself.</summary>
    ILibvirtObjects NetworkFilters { get; }

    /// <summary>The secrets of this host.</summary>
    ILibvirtSecrets Secrets { get; }

    /// <summary>Reads the versions alone: libvirt does not build its capabilities document for that.</summary>
    Task<LibvirtVersions> ReadVersionsAsync(CancellationToken cancellationToken);

    /// <summary>Reads versions, host UUID and capabilities.</summary>
    Task<LibvirtHostDescription> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads what domains of one kind can have on this host (<c>virConnectGetDomainCapabilities</c>), as XML.
    /// libvirt refuses a machine type that its emulator does not have.
    /// </summary>
    Task<string> GetDomainCapabilitiesAsync(DomainCapabilitiesQuery query, CancellationToken cancellationToken);

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

/// <summary>Objects that libvirt keeps by name with an XML definition: networks, storage pools, network filters.</summary>
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

    /// <summary>Stops it; what is attached to a network loses it.</summary>
    Task StopAsync(string name, CancellationToken cancellationToken);

    /// <summary>Removes its persistent definition.</summary>
    Task UndefineAsync(string name, CancellationToken cancellationToken);

    /// <summary>Says whether libvirt starts it by itself.</summary>
    Task SetAutostartAsync(string name, bool autostart, CancellationToken cancellationToken);
}

/// <summary>Secrets, which libvirt keeps by UUID.</summary>
public interface ILibvirtSecrets
{
    /// <summary>Lists all of them.</summary>
    Task<IReadOnlyList<Guid>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Reads a definition, which does not hold the value.</summary>
    Task<string> GetXmlAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>
    /// Defines one, or replaces the definition of the same UUID; the value stays. libvirt refuses a usage that another
    /// secret has.
    /// </summary>
    Task DefineAsync(string xml, CancellationToken cancellationToken);

    /// <summary>Reads a value. libvirt refuses to tell that of a private one, and of one that has none.</summary>
    Task<byte[]> GetValueAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>Sets a value, of a private one too.</summary>
    Task SetValueAsync(Guid uuid, byte[] value, CancellationToken cancellationToken);

    /// <summary>Removes one with its value.</summary>
    Task UndefineAsync(Guid uuid, CancellationToken cancellationToken);
}

/// <summary>A network, a storage pool or a network filter.</summary>
public sealed record LibvirtObject(string Name, Guid Uuid, bool Active, bool Persistent, bool Autostart);
