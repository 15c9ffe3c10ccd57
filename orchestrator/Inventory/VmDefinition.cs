namespace HostSwap.Orchestrator.Inventory;

/// <summary>What a domain's XML says, as far as a swap must know. All text in it is untrusted.</summary>
/// <param name="VirtType"><c>kvm</c> or <c>qemu</c>.</param>
/// <param name="Architecture">As in <c>x86_64</c>.</param>
/// <param name="MachineType">As in <c>pc-q35-7.2</c>.</param>
/// <param name="Emulator">Path of the QEMU binary; empty where the XML names none.</param>
/// <param name="MemoryBytes">RAM that the guest may come to use, memory devices included.</param>
/// <param name="Cpu">The guest's CPU.</param>
/// <param name="Disks">Its disks.</param>
/// <param name="OtherFiles">Further files that QEMU opens by path: kernel, initrd, firmware, NVRAM.</param>
/// <param name="Interfaces">Its network interfaces.</param>
/// <param name="HostDevices">Devices with which it cannot move live.</param>
/// <param name="Secrets">Secrets that it refers to.</param>
/// <param name="HasVtpm">Whether it has an emulated TPM, whose state is a directory of its generation.</param>
/// <param name="Mirrors">Disks that are being copied, or committed from their top image.</param>
/// <param name="AgentConnected">Whether a QEMU guest agent has its channel open; only a live definition tells.</param>
public sealed record VmDefinition(
    string VirtType,
    string Architecture,
    string MachineType,
    string Emulator,
    long MemoryBytes,
    CpuDefinition Cpu,
    IReadOnlyList<DiskDefinition> Disks,
    IReadOnlyList<string> OtherFiles,
    IReadOnlyList<InterfaceDefinition> Interfaces,
    IReadOnlyList<HostDevice> HostDevices,
    IReadOnlyList<Guid> Secrets,
    bool HasVtpm,
    IReadOnlyList<DiskMirror> Mirrors,
    bool AgentConnected = false)
{
    /// <summary>
    /// Those of the other files that libvirt gives to QEMU's user at a VM's start and back to root at its end, migrated or
    /// not, though another VM may have them open: kernel, initrd and device tree (virSecurityDACSetAllLabel).
    /// </summary>
    public IReadOnlyList<string> BootFiles { get; init; } = [];

    /// <summary>Directories that are shared with it.</summary>
    public IReadOnlyList<FilesystemDefinition> Filesystems { get; init; } = [];

    /// <summary>What it asks of libvirt and QEMU besides machine, CPU and files.</summary>
    public IReadOnlyList<HardwareNeed> Hardware { get; init; } = [];

    /// <summary>Models of its watchdogs, also of one that libvirt has found built into the machine.</summary>
    public IReadOnlyList<string> Watchdogs { get; init; } = [];

    /// <summary>Its firmware; null where it has the machine's own.</summary>
    public FirmwareDefinition? Firmware { get; init; }

    /// <summary>What libvirt does when its guest powers off; <c>destroy</c>, which is the default, ends its QEMU.</summary>
    public string OnPowerOff { get; init; } = "destroy";

    /// <summary>What it says to HostSwap.</summary>
    public VmMetadata Metadata { get; init; } = VmMetadata.None;
}

/// <summary>A guest's CPU: libvirt's mode (<c>custom</c>, <c>host-model</c>, <c>host-passthrough</c>, <c>maximum</c>) and, for <c>custom</c>, the model.</summary>
public sealed record CpuDefinition(string Mode, string? Model)
{
    /// <summary>
    /// The element without what is about the size of the VM, as libvirt compares it; null where the definition has none. That of
    /// a VM that runs names every feature that it has, unless libvirt was told not to check.
    /// </summary>
    public string? Xml { get; init; }

    /// <summary>Whether libvirt looks if the guest gets what is asked for. Otherwise QEMU leaves out what it has not, without a word.</summary>
    public bool Checked { get; init; }
}

/// <summary>A guest's firmware other than the machine's own.</summary>
/// <param name="Loader">Path of its code; null where libvirt is to choose one at the start.</param>
/// <param name="Automatic">What libvirt is to choose (<c>efi</c>); null where the path was given.</param>
/// <param name="Secure">Whether it must have Secure Boot (<c>secure='yes'</c>).</param>
/// <param name="Nvram">Path of its variables; null where the definition names none.</param>
/// <param name="Template">Path of what the variables begin as, once they are first needed; null where libvirt is to choose one.</param>
public sealed record FirmwareDefinition(string? Loader, string? Automatic, bool Secure, string? Nvram = null, string? Template = null);

/// <summary>A disk.</summary>
/// <param name="Target">Its name in the guest's definition, as in <c>vda</c>.</param>
/// <param name="Type">libvirt's source type: <c>file</c>, <c>block</c>, <c>volume</c>, <c>network</c> …</param>
/// <param name="Paths">Its image and the images that it is backed by, as far as they are paths.</param>
/// <param name="ReadOnly">Whether the guest cannot write to it.</param>
/// <param name="Pool">The storage pool of a <c>volume</c>.</param>
/// <param name="Transient">Whether what the guest writes goes to a file that libvirt makes and throws away.</param>
public sealed record DiskDefinition(
    string Target, string Type, IReadOnlyList<string> Paths, bool ReadOnly, string? Pool, bool Transient = false)
{
    /// <summary>Its format, as in <c>qcow2</c>; null where the definition says none, and libvirt takes it for raw.</summary>
    public string? Format { get; init; }

    /// <summary>Where the servers of a <c>network</c> disk are, as far as the definition says so.</summary>
    public IReadOnlyList<StorageServer> Servers { get; init; } = [];
}

/// <summary>A disk that is being mirrored.</summary>
/// <param name="Disk">The disk, as in <c>vda</c>.</param>
/// <param name="Ready">Whether both are the same by now, so that it goes on until somebody pivots to the mirror or aborts.</param>
public sealed record DiskMirror(string Disk, bool Ready);

/// <summary>A server of a disk.</summary>
/// <param name="Protocol">As in <c>nbd</c>.</param>
/// <param name="Host">Its name or address; null where it is reached by a UNIX socket.</param>
/// <param name="Port">Its port; null where the definition says none.</param>
/// <param name="Socket">The path of its UNIX socket.</param>
public sealed record StorageServer(string Protocol, string? Host, int? Port, string? Socket);

/// <summary>A directory that is shared with a guest.</summary>
/// <param name="Driver">What shares it: <c>virtiofs</c>, or <c>path</c> and <c>handle</c> for QEMU's own (9p).</param>
/// <param name="Directory">The directory; null where it is something else.</param>
/// <param name="Target">What the guest mounts it by.</param>
/// <param name="Socket">The socket of a virtiofsd that others have started.</param>
/// <param name="Program">The virtiofsd that libvirt starts for it; a live definition tells which, others where they choose one.</param>
public sealed record FilesystemDefinition(string Driver, string? Directory, string Target, string? Socket, string? Program = null);

/// <summary>A network interface.</summary>
/// <param name="Type">libvirt's type: <c>network</c>, <c>bridge</c>, <c>direct</c>, <c>hostdev</c> …</param>
/// <param name="Source">Name of the network, bridge or device that it is attached to.</param>
/// <param name="Filter">The network filter that it refers to.</param>
/// <param name="Bridge">The Linux bridge that its tap is put into; null where there is none. Only a live definition tells that of a network.</param>
/// <param name="Tap">Its device on the host; only a live definition tells it.</param>
public sealed record InterfaceDefinition(string Type, string? Source, string? Filter, string? Bridge = null, string? Tap = null);
