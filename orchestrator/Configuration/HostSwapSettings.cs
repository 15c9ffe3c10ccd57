namespace HostSwap.Orchestrator.Configuration;

/// <summary>The validated configuration: every value is usable as it stands.</summary>
/// <param name="Paths">Where state and runtime files live.</param>
/// <param name="Docker">How Docker is reached.</param>
/// <param name="Image">Reference of the image that <c>start</c> and <c>swap</c> use when none is given.</param>
/// <param name="SharedDirectories">Outer directories bound at the same path into every generation; VM disks live there.</param>
/// <param name="Generation">Limits for host containers.</param>
/// <param name="Migration">How VMs are moved.</param>
/// <param name="Source">The file it was read from, or null where only defaults apply.</param>
public sealed record HostSwapSettings(
    HostSwapPaths Paths,
    DockerSettings Docker,
    string Image,
    IReadOnlyList<string> SharedDirectories,
    GenerationSettings Generation,
    MigrationSettings Migration,
    string? Source)
{
    /// <summary>The mount that holds the RAM of VMs which are ready for handover.</summary>
    public MemorySettings Memory { get; init; } = SettingsDefaults.Memory;

    /// <summary>Networks of guests besides that of <see cref="Docker"/>.</summary>
    public IReadOnlyList<GuestNetwork> FurtherNetworks { get; init; } = [];

    /// <summary>All networks of guests, <see cref="SettingsDefaults.GuestBridge"/>'s first.</summary>
    public IReadOnlyList<GuestNetwork> Networks =>
    [
        new(SettingsDefaults.GuestBridge, Docker.Network, Docker.Subnet, Docker.ContainerRange) { Subnet6 = Docker.Subnet6, OuterBridge = Docker.OuterBridge },
        .. FurtherNetworks,
    ];

    /// <summary>Block devices of the outer host that every generation has at the same path; VMs may have them as disks.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>The operator's own files inside of generations.</summary>
    public CarrySettings Carry { get; init; } = new([], []);

    /// <summary>How the outer host's own libvirt is adopted.</summary>
    public AdoptSettings Adopt { get; init; } = new([]);

    /// <summary>Directory of the outer host that generations have as <c>/var/lib/libvirt/images</c>; null for one of HostSwap's own.</summary>
    public string? ImagesDirectory { get; init; }

    /// <summary>Directory of the outer host that generations have as <c>/var/lib/libvirt/qemu/nvram</c>; null for one of HostSwap's own.</summary>
    public string? NvramDirectory { get; init; }

    /// <summary>How the configured image is made.</summary>
    public BuildSettings Build { get; init; } = SettingsDefaults.Build;

    /// <summary>When and how the host is refreshed by itself.</summary>
    public RefreshSettings Refresh { get; init; } = SettingsDefaults.Refresh;

    /// <summary>What is said of single VMs, by name.</summary>
    public IReadOnlyDictionary<string, VmSettings> Vms { get; init; } = new Dictionary<string, VmSettings>(StringComparer.Ordinal);

    /// <summary>Who is told of what happens.</summary>
    public IReadOnlyList<NotifyTarget> Notify { get; init; } = [];

    /// <summary>How this server and others agree on which of them are swapped at a time.</summary>
    public FleetSettings Fleet { get; init; } = new();
}

/// <summary>How Docker is reached and which network carries the guests.</summary>
/// <param name="Endpoint">Docker's endpoint, <c>unix:///…</c>.</param>
/// <param name="Network">Docker network that is every generation's uplink.</param>
/// <param name="Subnet">Subnet of that network in CIDR form when hostctl creates it; null lets Docker choose.</param>
/// <param name="ContainerRange">Part of the subnet that Docker may give to containers, so that guests keep the rest; null for all.</param>
/// <param name="Timeout">Limit of one call.</param>
public sealed record DockerSettings(Uri Endpoint, string Network, string? Subnet, string? ContainerRange, TimeSpan Timeout)
{
    /// <summary>IPv6 subnet of that network in CIDR form when hostctl creates it; null where the outer host has no IPv6 address on it.</summary>
    public string? Subnet6 { get; init; }

    /// <summary>Name of its bridge on the outer host when hostctl creates it; null lets Docker choose.</summary>
    public string? OuterBridge { get; init; }
}

/// <summary>Limits for host containers.</summary>
/// <param name="ReadyTimeout">How long a candidate may take to become ready.</param>
/// <param name="StopTimeout">How long systemd in a generation gets to stop.</param>
/// <param name="Soak">How long the old generation goes on running, empty, after a swap, so that a rollback is instant.</param>
/// <param name="KeepRetired">How long a retired generation is kept before it is removed; until then a rollback to it is possible.</param>
public sealed record GenerationSettings(TimeSpan ReadyTimeout, TimeSpan StopTimeout, TimeSpan Soak, TimeSpan KeepRetired);

/// <summary>How VMs are moved.</summary>
/// <param name="Parallel">How many at once; null chooses by cores and free memory.</param>
/// <param name="BandwidthMiBPerSecond">Limit for one migration; null for none.</param>
/// <param name="ParallelConnections">multifd connections for one migration.</param>
/// <param name="AutoConverge">Throttle guests that dirty memory faster than it is sent.</param>
/// <param name="DeadlineBase">Time that every migration gets.</param>
/// <param name="DeadlinePerGiB">Time that it gets for each GiB of RAM besides.</param>
/// <param name="NoProgressLimit">It is given up when nothing has been sent for so long.</param>
/// <param name="Retries">How often a VM whose move failed is tried again.</param>
/// <param name="RetryDelay">The wait before the first retry; it doubles with each.</param>
/// <param name="MemoryReserveMiB">Memory of the outer host that moves never use.</param>
public sealed record MigrationSettings(
    int? Parallel,
    long? BandwidthMiBPerSecond,
    int ParallelConnections,
    bool AutoConverge,
    TimeSpan DeadlineBase,
    TimeSpan DeadlinePerGiB,
    TimeSpan NoProgressLimit,
    int Retries,
    TimeSpan RetryDelay,
    long MemoryReserveMiB)
{
    /// <summary>The longest time for which <see cref="WaitJobs"/> may be.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromDays(7);

    /// <summary>How far a copy that does not converge may go.</summary>
    public ConvergenceSettings Convergence { get; init; } = new();

    /// <summary>Whether VMs that are ready for it are handed over; else RAM is always copied.</summary>
    public bool Handover { get; init; } = SettingsDefaults.Handover;

    /// <summary>Before which moves between two images a canary flies.</summary>
    public CanaryScope Canaries { get; init; } = SettingsDefaults.Canaries;

    /// <summary>How long the end of backups and other jobs that run on VMs is waited for before anything moves; zero for not at all.</summary>
    public TimeSpan WaitJobs { get; init; } = SettingsDefaults.WaitJobs;

    /// <summary>What becomes of a VM that cannot be moved live.</summary>
    public NotLivePolicy WhenNotLive { get; init; } = SettingsDefaults.WhenNotLive;

    /// <summary>How long a guest gets to shut down where that is what becomes of it.</summary>
    public TimeSpan ShutdownDeadline { get; init; } = SettingsDefaults.ShutdownDeadline;
}
