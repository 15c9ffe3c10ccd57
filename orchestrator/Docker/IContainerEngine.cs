namespace HostSwap.Orchestrator.Docker;

/// <summary>
/// The Docker Engine, as far as host containers need it. Every member throws
/// <see cref="Errors.AdapterException"/> when Docker refuses, <see cref="Errors.EnvironmentException"/> when it cannot
/// be reached and <see cref="Errors.DeadlineException"/> when it does not answer in time.
/// </summary>
public interface IContainerEngine : IDisposable
{
    /// <summary>Reads what the engine says of itself.</summary>
    Task<EngineDescription> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Finds an image that is on this machine; null where there is none. Nothing is ever pulled.</summary>
    Task<ImageDescription?> FindImageAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Finds a container by name; null where there is none.</summary>
    Task<ContainerDescription?> FindContainerAsync(string name, CancellationToken cancellationToken);

    /// <summary>Lists containers, running or not, that carry a label with this value.</summary>
    Task<IReadOnlyList<ContainerDescription>> ListContainersAsync(string label, string value, CancellationToken cancellationToken);

    /// <summary>Creates a container and leaves it stopped; it is on its first network only.</summary>
    Task CreateContainerAsync(HostContainerSpec spec, CancellationToken cancellationToken);

    /// <summary>Puts a container on a network; no error where it is on it already.</summary>
    Task ConnectNetworkAsync(string container, string network, CancellationToken cancellationToken);

    /// <summary>Starts a container; no error where it runs already.</summary>
    Task StartContainerAsync(string name, CancellationToken cancellationToken);

    /// <summary>Asks a container's init to stop and kills it after <paramref name="limit"/>; no error where it has stopped already.</summary>
    Task StopContainerAsync(string name, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Removes a container, killing it where it runs; no error where there is none.</summary>
    Task RemoveContainerAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Says whether Docker starts the container by itself after its own restart or a reboot
    /// (<c>unless-stopped</c>) or never (<c>no</c>).
    /// </summary>
    Task SetRestartAsync(string name, bool restart, CancellationToken cancellationToken);

    /// <summary>Runs a command in a running container as root, without a shell, and waits for its end.</summary>
    /// <param name="name">The container.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="limit">How long it may take. After it nobody waits any more, but Docker has no way to end the command.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="input">What it reads from standard input; null for none.</param>
    /// <exception cref="Errors.AdapterException">Docker refused, or the command wrote more than 1 MiB.</exception>
    /// <exception cref="Errors.DeadlineException">It did not end within <paramref name="limit"/>.</exception>
    Task<CommandOutcome> ExecuteAsync(
        string name, IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancellationToken, string? input = null);

    /// <summary>Finds a network by its exact name; null where there is none.</summary>
    Task<NetworkDescription?> FindNetworkAsync(string name, CancellationToken cancellationToken);

    /// <summary>Creates a bridge network.</summary>
    Task CreateNetworkAsync(NetworkSpec spec, CancellationToken cancellationToken);
}

/// <summary>The engine itself.</summary>
/// <param name="Version">Its version.</param>
/// <param name="ApiVersion">The API version that was negotiated with it.</param>
/// <param name="CgroupVersion"><c>1</c> or <c>2</c>; current systemd needs 2.</param>
/// <param name="LiveRestore">Whether containers survive a restart of the engine.</param>
public sealed record EngineDescription(string Version, string ApiVersion, string CgroupVersion, bool LiveRestore);

/// <summary>An image.</summary>
public sealed record ImageDescription(string Id, IReadOnlyDictionary<string, string> Labels);

/// <summary>A container as it is now.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its id.</param>
/// <param name="ImageId">Digest of its image.</param>
/// <param name="Running">Whether its init runs.</param>
/// <param name="InitPid">Process id of its init as the outer host sees it; 0 where it does not run.</param>
/// <param name="StartedAt">When it was last started, as Docker writes it: another text means another start.</param>
/// <param name="Restart">Whether Docker starts it by itself.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Mounts">Targets of its bind mounts with their sources.</param>
public sealed record ContainerDescription(
    string Name,
    string Id,
    string ImageId,
    bool Running,
    int InitPid,
    string StartedAt,
    bool Restart,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Mounts)
{
    /// <summary>The networks that it is on, with the MAC address of its interface there: empty while it does not run.</summary>
    public IReadOnlyDictionary<string, string> Networks { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>How a command in a container ended. What it wrote may come from a guest: untrusted text.</summary>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Error">What it wrote to standard error.</param>
public sealed record CommandOutcome(long ExitCode, string Output, string Error);

/// <summary>Everything that a host container is given; it gets nothing else of the outer host.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Hostname">Its host name, which libvirt compares when migrating.</param>
/// <param name="Image">Digest of its image.</param>
/// <param name="Network">The network that it is created on; further ones follow by <see cref="IContainerEngine.ConnectNetworkAsync"/>.</param>
/// <param name="Capabilities">Linux capabilities; all others are dropped.</param>
/// <param name="Devices">Device nodes, at the same path inside.</param>
/// <param name="Mounts">Bind mounts.</param>
/// <param name="TemporaryFileSystems">Paths that get an empty tmpfs, with its options.</param>
/// <param name="Environment">Environment of its init.</param>
/// <param name="Labels">Labels by which it is found again.</param>
public sealed record HostContainerSpec(
    string Name,
    string Hostname,
    string Image,
    string Network,
    IReadOnlyList<string> Capabilities,
    IReadOnlyList<string> Devices,
    IReadOnlyList<BindMount> Mounts,
    IReadOnlyDictionary<string, string> TemporaryFileSystems,
    IReadOnlyDictionary<string, string> Environment,
    IReadOnlyDictionary<string, string> Labels);

/// <summary>A directory or file of the outer host that a container sees.</summary>
public sealed record BindMount(string Source, string Target, bool ReadOnly);

/// <summary>A network as it is now.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Driver">Its driver, as in <c>bridge</c>.</param>
/// <param name="Subnets">Its subnets in CIDR form, as the operator or Docker wrote them.</param>
/// <param name="Gateway">The outer host's IPv4 address on it; null where it has none.</param>
public sealed record NetworkDescription(string Name, string Driver, IReadOnlyList<string> Subnets, string? Gateway)
{
    /// <summary>Name of its bridge on the outer host; null where it has none.</summary>
    public string? OuterBridge { get; init; }
}

/// <summary>A bridge network to create.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Subnet">Its IPv4 subnet; null lets Docker choose.</param>
/// <param name="ContainerRange">Part of it that containers get addresses of; null for all.</param>
/// <param name="Labels">Labels by which it is found again.</param>
public sealed record NetworkSpec(
    string Name, string? Subnet, string? ContainerRange, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>Its IPv6 subnet; null for none.</summary>
    public string? Subnet6 { get; init; }

    /// <summary>Name of its bridge on the outer host; null lets Docker choose. One that is there already is used.</summary>
    public string? OuterBridge { get; init; }
}
