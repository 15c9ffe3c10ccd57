using System.Globalization;
using System.Text;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>Reads <c>/proc</c> of the outer host.</summary>
public sealed class OuterKernel : IOuterKernel
{
    /// <summary>Linux's capabilities by number; Docker takes these names with or without <c>CAP_</c>.</summary>
    private static readonly string[] CapabilityNames =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ];

    /// <summary>Larger than any attribute of sysfs, which is one page at most.</summary>
    private const string Modules = "/lib/modules";

    /// <inheritdoc/>
    public int Processors => Environment.ProcessorCount;

    /// <inheritdoc/>
    public IReadOnlyList<string> InstalledReleases => Directory.Exists(Modules) ? [.. Directory.EnumerateDirectories(Modules).Select(static path => Path.GetFileName(path)!)] : [];

    /// <inheritdoc/>
    public string Release => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    /// <inheritdoc/>
    public long AvailableMemoryBytes() => ReadNumber("/proc/meminfo", "MemAvailable:") * 1024;

    /// <inheritdoc/>
    public IMounts Mounts { get; } = new KernelMounts();

    /// <inheritdoc/>
    public long TotalMemoryBytes() => ReadNumber("/proc/meminfo", "MemTotal:") * 1024;

    /// <inheritdoc/>
    public long? DefaultHugePageBytes() =>
        File.ReadLines("/proc/meminfo").Any(line => line.StartsWith("Hugepagesize:", StringComparison.Ordinal))
            ? ReadNumber("/proc/meminfo", "Hugepagesize:") * 1024
            : null;

    /// <inheritdoc/>
    public IReadOnlySet<string> BoundingCapabilities()
    {
        var line = Line("/proc/self/status", "CapBnd:");
        var mask = ulong.Parse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return CapabilityNames.Where((_, bit) => (mask & (1UL << bit)) != 0).ToHashSet(StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public IReadOnlyList<QemuProcess> QemuProcesses()
    {
        var found = new List<QemuProcess>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Examine(pid) is { } process)
            {
                found.Add(process);
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public IReadOnlySet<string> NetworkInterfaces(int initPid) =>
        File.ReadLines($"/proc/{initPid}/net/dev")
            .Skip(2)
            .Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)].Trim())
            .ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    public FileFacts? Look(int initPid, string path) => ContainerFiles.Look(initPid, path);

    /// <inheritdoc/>
    public string? ReadText(int initPid, string path, int limit = 4096) => ContainerFiles.ReadText(initPid, path, limit);

    /// <inheritdoc/>
    public string? BackingFile(int initPid, string path)
    {
        if (ContainerFiles.Look(initPid, path) is not { IsImage: true })
            return null;
        using var image = ContainerFiles.OpenToRead(initPid, path);
        return image is null ? null : ImageHeader.BackingFile(image);
    }

    /// <inheritdoc/>
    public IReadOnlyList<OpenFile> OpenFiles(int pid)
    {
        var found = new List<OpenFile>();
        try
        {
            foreach (var link in Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd"))
            {
                if (ContainerFiles.LookOutside(link) is { } file)
                    found.Add(new OpenFile(file, IsReadWrite($"/proc/{pid}/fdinfo/{Path.GetFileName(link)}")));
            }
        }
        catch (IOException exception) when (IsGone(exception, pid))
        {
            // It ended, or closed a file, between listing and looking: what was seen until then is the answer.
        }

        return found;
    }

    /// <inheritdoc/>
    public IReadOnlyList<MappedFile> MappedFiles(int pid) => ProcessMaps.Read(pid);

    /// <inheritdoc/>
    public IReadOnlySet<(ulong Device, ulong Inode)> ExclusiveImages() => ImageLocks.Exclusive(File.ReadLines("/proc/locks"));

    /// <inheritdoc/>
    public IDisposable? HoldImage(int initPid, string path)
    {
        var file = ContainerFiles.OpenToRead(initPid, path);
        try
        {
            if (file is not null) ImageLocks.LetNobodyWrite(file, path);
            return file;
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<bool> WaitForEndAsync(int pid, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var process = PidFd.Open(pid);
        return process is null || await process.WaitForEndAsync(limit, TimeProvider.System, cancellationToken);
    }

    /// <inheritdoc/>
    public ProcessUser? UserOf(int pid)
    {
        try
        {
            // Real, effective, saved and file system id (proc(5)); the last decides about files.
            var status = $"/proc/{pid}/status";
            var groups = Numbers(Line(status, "Groups:")).Append(Numbers(Line(status, "Gid:")).Last());
            return new ProcessUser(Numbers(Line(status, "Uid:")).Last(), groups.ToHashSet());
        }
        catch (IOException exception) when (IsGone(exception, pid))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void ChangeOwner(int initPid, string path, uint user, uint group) =>
        ContainerFiles.ChangeOwner(initPid, path, user, group);

    /// <inheritdoc/>
    public string? WhyNotGiven(string device) => BlockDevices.WhyNotGiven(device);

    /// <inheritdoc/>
    public bool DeviceExists(string path) => File.Exists(path);

    /// <inheritdoc/>
    public string? PidNamespace(int pid)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{pid}/ns/pid", returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            return null; // It ended between listing and looking: that is an answer, not a failure.
        }
    }

    /// <summary>Domains run by libvirt have <c>-uuid</c> on their command line; libvirt's probing QEMUs have none.</summary>
    private QemuProcess? Examine(int pid)
    {
        string[] arguments;
        try
        {
            arguments = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/cmdline")).Split('\0');
        }
        catch (IOException)
        {
            return null; // It ended between listing and looking.
        }

        if (!Path.GetFileName(arguments[0]).StartsWith("qemu-", StringComparison.Ordinal))
            return null;

        var at = Array.IndexOf(arguments, "-uuid");
        return at > 0 && at + 1 < arguments.Length && Guid.TryParse(arguments[at + 1], out var uuid) && PidNamespace(pid) is { } space
            ? new QemuProcess(pid, uuid, space, arguments.Contains("-incoming", StringComparer.Ordinal))
            : null;
    }

    private static IEnumerable<uint> Numbers(string line) => line
        .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
        .Select(number => uint.Parse(number, CultureInfo.InvariantCulture));

    /// <summary>The access mode is in the two lowest bits of the octal <c>flags</c> (proc(5), open(2)).</summary>
    private static bool IsReadWrite(string descriptor)
    {
        const int AccessMode = 3; // O_ACCMODE
        const int ReadWrite = 2; // O_RDWR
        return (Convert.ToInt64(Line(descriptor, "flags:"), 8) & AccessMode) == ReadWrite;
    }

    private static bool IsGone(IOException exception, int pid) =>
        exception is FileNotFoundException or DirectoryNotFoundException || !Directory.Exists($"/proc/{pid}");

    private static long ReadNumber(string file, string key) =>
        long.Parse(Line(file, key).Split(' ')[0], CultureInfo.InvariantCulture);

    private static string Line(string file, string key) =>
        File.ReadLines(file).First(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..].Trim();
}
