using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;

namespace HostSwap.Orchestrator.Generations;

/// <summary>What hostctl and a host image agree on; <c>images/host</c> is the other side of it.</summary>
public static class HostImageContract
{
    /// <summary>Label that says what kind of image it is; <see cref="Kind"/> for host images.</summary>
    public const string KindLabel = "hostswap.image.kind";

    /// <summary>Value of <see cref="KindLabel"/>.</summary>
    public const string Kind = "host";

    /// <summary>Labels by which an image tells the versions of its parts, with the part's name for people.</summary>
    public static readonly IReadOnlyList<(string Label, string Part)> VersionLabels =
    [
        ("hostswap.image.suite", "suite"),
        ("hostswap.version.libvirt", "libvirt"),
        ("hostswap.version.qemu", "qemu"),
        ("hostswap.version.systemd", "systemd"),
    ];

    /// <summary>Label of an image whose libvirt asks hostctl through a hook, without which no RAM is handed over.</summary>
    public const string HandoverLabel = "hostswap.image.handover";

    /// <summary>Where an image says which packages it has: a JSON array of name, version, architecture and source.</summary>
    public const string PackageManifest = "/usr/share/hostswap/packages.json";

    /// <summary>Label of every container and network: which outer host it belongs to.</summary>
    public const string InstanceLabel = "hostswap.instance";

    /// <summary>Label of every host container: its generation's number.</summary>
    public const string GenerationLabel = "hostswap.generation";

    /// <summary>Label of every host container: its bridges, and the Docker networks that they belong to.</summary>
    public const string NetworksLabel = "hostswap.networks";

    /// <summary>
    /// By this variable the image learns which bridge each of its interfaces belongs to. They are told apart by their
    /// subnets: Docker names them in an order of its own, which differs between releases, and before Docker 25 cannot be
    /// given an address of the second one.
    /// </summary>
    public const string BridgesVariable = "HOSTSWAP_BRIDGES";

    /// <summary>
    /// The units without which nobody can start a VM in a host container. The sockets are among them, since each would start
    /// libvirtd again for whoever connects.
    /// </summary>
    public static readonly IReadOnlyList<string> LibvirtUnits =
        ["libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket", "libvirtd.service"];

    /// <summary>Where a host container sees the runtime directories of all generations.</summary>
    public const string GenerationRuntimes = "/run/hostswap/generations";

    /// <summary>Where a host container sees the directory of migration sockets.</summary>
    public const string MigrationSockets = "/run/hostswap/migrate";

    /// <summary>
    /// Where a host container sees the memory mount, whole: RAM passes from one generation's directory into another's by a
    /// hard link, which must not leave a mount.
    /// </summary>
    public const string Memory = "/run/hostswap/memory";

    /// <summary>Where a host container sees the directory of its own VMs' QMP sockets; the same path in each.</summary>
    public const string Qmp = "/run/hostswap/qmp";

    /// <summary>By this variable the image learns libvirt's <c>memory_backing_dir</c>.</summary>
    public const string MemoryVariable = "HOSTSWAP_MEMORY_DIR";

    /// <summary>User and group id of QEMU in every image (<c>libvirt-qemu</c>, which Debian fixes).</summary>
    public const uint QemuUser = 64055;

    /// <summary>
    /// Targets that containers of an older hostctl do not have. VMs run without them, so they are no condition for a
    /// generation to be ready; only handover needs them.
    /// </summary>
    public static readonly IReadOnlyList<string> HandoverMounts = [Memory, Qmp];

    /// <summary>A generation's <c>memory_backing_dir</c>.</summary>
    public static string MemoryOf(int generation) => $"{Memory}/{Generation.NameOf(generation)}";

    /// <summary>File name of a VM's QMP socket.</summary>
    public static string QmpSocketName(Guid domain) => $"{domain:D}.sock";

    /// <summary>
    /// Directories of libvirt that hold what VMs own, by the name of their shared directory. vTPM state is not among
    /// them: it travels in the migration stream, and swtpm 0.7 (Debian 12) refuses to migrate where it is shared.
    /// </summary>
    public static readonly IReadOnlyList<(string Name, string Target)> SharedState =
    [
        ("images", "/var/lib/libvirt/images"),
        ("nvram", "/var/lib/libvirt/qemu/nvram"),
    ];

    /// <summary>The directory of the outer host behind one of <see cref="SharedState"/>.</summary>
    public static string SharedSource(string name, HostSwapSettings settings) => name switch
    {
        "images" when settings.ImagesDirectory is { } images => images,
        "nvram" when settings.NvramDirectory is { } nvram => nvram,
        _ => Path.Join(settings.Paths.Shared, name),
    };

    /// <summary>
    /// Capabilities of a host container, of which it gets those that the outer host has itself. Each was taken away
    /// singly from both images and broke something: systemd's mounts and cgroups (SYS_ADMIN), taps and dnsmasq
    /// (NET_*), virtiofsd, which ends at once where it cannot set its own (FSETID, SETFCAP), libvirt's supervision of QEMU
    /// under another user (the rest). Not given, since only unusual domains want
    /// them: IPC_LOCK (locked memory), SYS_NICE (real-time scheduling), SYS_RESOURCE (VFIO).
    /// </summary>
    public static readonly IReadOnlyList<string> Capabilities =
    [
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW", "SETGID",
        "SETFCAP", "SETPCAP", "SETUID", "SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE",
    ];

    /// <summary>Device nodes that a host container gets where the outer host has them.</summary>
    public static readonly IReadOnlyList<string> Devices = ["/dev/net/tun", "/dev/kvm", "/dev/vhost-net", "/dev/fuse"];

    /// <summary>Paths that a host container gets a fresh tmpfs for.</summary>
    public static readonly IReadOnlyDictionary<string, string> TemporaryFileSystems = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["/run"] = "rw,nosuid,nodev,mode=755",
        ["/run/lock"] = "rw,nosuid,nodev,noexec,mode=1777",
        ["/tmp"] = "rw,nosuid,nodev,mode=1777",
    };

    /// <summary>The container of one generation.</summary>
    public static HostContainerSpec Describe(
        Generation generation, HostSwapSettings settings, IReadOnlyList<AttachedNetwork> networks, IReadOnlyList<string> capabilities, IReadOnlyList<string> devices)
    {
        var paths = generation.Paths;
        List<BindMount> mounts =
        [
            new(paths.LibvirtConfiguration, "/etc/libvirt", ReadOnly: false),
            new(paths.LibvirtState, "/var/lib/libvirt", ReadOnly: false),
            new(paths.LibvirtLog, "/var/log/libvirt", ReadOnly: false),
            new(paths.MachineId, "/etc/machine-id", ReadOnly: true),
            new(paths.BusDirectory, "/run/dbus", ReadOnly: false),
            new(paths.LibvirtDirectory, "/run/libvirt", ReadOnly: false),
            // Read-only is enough to connect to the peer's libvirt socket in it.
            new(paths.Host.GenerationRuntimes, GenerationRuntimes, ReadOnly: true),
            new(paths.Host.MigrationSockets, MigrationSockets, ReadOnly: false),
            new(paths.Host.Memory, Memory, ReadOnly: false),
            new(paths.QmpDirectory, Qmp, ReadOnly: false),
        ];
        mounts.AddRange(SharedState.Select(shared => new BindMount(SharedSource(shared.Name, settings), shared.Target, ReadOnly: false)));
        mounts.AddRange(settings.SharedDirectories.Select(directory => new BindMount(directory, directory, ReadOnly: false)));

        return new HostContainerSpec(
            generation.ContainerName,
            generation.Name,
            generation.Record.ImageId,
            settings.Docker.Network,
            capabilities,
            devices,
            mounts,
            TemporaryFileSystems,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["container"] = "docker",
                [BridgesVariable] = AttachedNetwork.ToVariable(networks),
                [MemoryVariable] = MemoryOf(generation.Number),
                ["HOSTSWAP_SHARED_FILESYSTEMS"] = string.Join(':', SharedState.Select(shared => shared.Target).Concat(settings.SharedDirectories)),
            },
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [InstanceLabel] = paths.Host.Instance,
                [NetworksLabel] = AttachedNetwork.ToLabel(networks),
                [GenerationLabel] = generation.Number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            });
    }
}
