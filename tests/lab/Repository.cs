namespace HostSwap.Lab;

/// <summary>Where the build put what the lab needs. Every path can be overridden by the environment.</summary>
public static class Repository
{
    /// <summary>The image of the older Debian release.</summary>
    public const string Bookworm = "hostswap/host:bookworm";

    /// <summary>The image of the newer Debian release.</summary>
    public const string Trixie = "hostswap/host:trixie";

    /// <summary>The image that has PostgreSQL's clients.</summary>
    public const string DatabaseClient = "hostswap/database:latest";

    /// <summary>The top of the source tree.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Directory of everything that is built.</summary>
    public static string Output => Path.Join(Root, "out");

    /// <summary>The built program; <c>HOSTSWAP_HOSTCTL</c> overrides it.</summary>
    public static string Hostctl { get; set; } =
        Environment.GetEnvironmentVariable("HOSTSWAP_HOSTCTL") is { Length: > 0 } path ? path : Path.Join(FindRoot(), "out", "hostctl");

    /// <summary>Directory of the guest's kernel and initial RAM disk; <c>HOSTSWAP_GUEST</c> overrides it.</summary>
    public static string Guest => Environment.GetEnvironmentVariable("HOSTSWAP_GUEST") ?? Path.Join(Output, "guest");

    /// <summary>The guest's kernel.</summary>
    public static string Kernel => Path.Join(Guest, "vmlinuz");

    /// <summary>The guest's initial RAM disk.</summary>
    public static string InitialRamdisk => Path.Join(Guest, "initramfs.img");

    /// <summary>The same with the QEMU guest agent.</summary>
    public static string AgentRamdisk => Path.Join(Guest, "initramfs-agent.img");

    /// <summary>Directory of the Debian guest with PostgreSQL: its disk, kernel and initial RAM disk.</summary>
    public static string Database => Path.Join(Output, "database");

    /// <summary>Fails, saying what to run, where something has not been built or the rights are missing.</summary>
    public static async Task RequireAsync(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess) throw new LabException("this needs root: raw sockets, mounts and host containers");
        await DockerCli.RequireEngineAsync(cancellationToken);
        foreach (var (file, target) in new[] { (Hostctl, "make build"), (Kernel, "make images"), (InitialRamdisk, "make images"), (AgentRamdisk, "make images") })
            if (!File.Exists(file)) throw new LabException($"there is no {file}: run '{target}' first");
        foreach (var image in new[] { Bookworm, Trixie })
            if (!await DockerCli.HasImageAsync(image, cancellationToken))
                throw new LabException($"Docker has no image {image}: run 'make images' first");
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Join(directory.FullName, "HostSwap.slnx"))) return directory.FullName;
        throw new LabException($"{AppContext.BaseDirectory} is not inside the source tree");
    }
}
