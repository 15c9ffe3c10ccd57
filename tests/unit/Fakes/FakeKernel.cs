using HostSwap.Orchestrator.Procfs;

namespace HostSwap.UnitTests.Fakes;

/// <summary>An outer host's kernel in memory: files by (init pid, path), processes as a list.</summary>
internal sealed class FakeKernel : IOuterKernel
{
    public long Available { get; set; } = 8L << 30;

    public List<QemuProcess> Processes { get; } = [];

    public Dictionary<(int Pid, string Path), FileFacts> Files { get; } = [];

    public Dictionary<int, HashSet<string>> Interfaces { get; } = [];

    /// <summary>Files of the kernel by (init pid, path).</summary>
    public Dictionary<(int Pid, string Path), string> Texts { get; } = [];

    /// <summary>Runs before each read of a text.</summary>
    public Action OnReadText { get; set; } = () => { };

    /// <summary>What each process has open; one that is not named has everything open that there is.</summary>
    public Dictionary<int, IReadOnlyList<OpenFile>> Open { get; } = [];

    /// <summary>Who every process is; root unless a test says otherwise.</summary>
    public ProcessUser User { get; set; } = new(0, new HashSet<uint>());

    public List<string> OwnerChanges { get; } = [];

    public FakeMounts Mounts { get; } = new();

    public long Total { get; set; } = 16L << 30;

    public long? HugePage { get; set; } = 2L << 20;

    public int Processors { get; set; } = 2;

    IMounts IOuterKernel.Mounts => Mounts;

    public long TotalMemoryBytes() => Total;

    public long? DefaultHugePageBytes() => HugePage;

    public string Release { get; set; } = "6.1.0-test";

    public long AvailableMemoryBytes() => Available;

    public IReadOnlySet<string> BoundingCapabilities() => new HashSet<string>(StringComparer.Ordinal);

    public IReadOnlyList<QemuProcess> QemuProcesses() => [.. Processes];

    public string? PidNamespace(int pid) => $"pid:[{pid}]";

    public IReadOnlySet<string> NetworkInterfaces(int initPid) =>
        Interfaces.GetValueOrDefault(initPid) ?? new HashSet<string>(StringComparer.Ordinal);

    public FileFacts? Look(int initPid, string path) => Files.GetValueOrDefault((initPid, path));

    public IReadOnlyList<string> InstalledReleases { get; set; } = [];

    public string? ReadText(int initPid, string path, int limit = 4096)
    {
        OnReadText();
        return Texts.GetValueOrDefault((initPid, path));
    }

    public IReadOnlyList<OpenFile> OpenFiles(int pid) =>
        Open.GetValueOrDefault(pid) ?? [.. Files.Values.Select(file => new OpenFile(file, Writable: true))];

    public ProcessUser? UserOf(int pid) => User;

    /// <summary>What each process has mapped.</summary>
    public Dictionary<int, IReadOnlyList<MappedFile>> Mapped { get; } = [];

    public HashSet<(ulong Device, ulong Inode)> Locked { get; } = [];

    public IReadOnlyList<MappedFile> MappedFiles(int pid) => Mapped.GetValueOrDefault(pid) ?? [];

    public IReadOnlySet<(ulong Device, ulong Inode)> ExclusiveImages() => Locked;

    /// <summary>Images that are held now.</summary>
    public List<string> Held { get; } = [];

    public IDisposable? HoldImage(int initPid, string path)
    {
        Held.Add(path);
        return new Hold(() => Held.Remove(path));
    }

    /// <summary>Looks again until it is no longer listed; whoever asks bounds it.</summary>
    public async Task<bool> WaitForEndAsync(int pid, TimeSpan limit, CancellationToken cancellationToken)
    {
        while (Processes.Exists(process => process.Pid == pid))
            await Task.Delay(1, cancellationToken);
        return true;
    }

    public void ChangeOwner(int initPid, string path, uint user, uint group)
    {
        OwnerChanges.Add($"{path} {user}:{group}");
        foreach (var key in Files.Keys.Where(key => string.Equals(key.Path, path, StringComparison.Ordinal)).ToList())
            Files[key] = Files[key] with { User = user, Group = group };
    }

    /// <summary>What images are backed by, by (init pid, path).</summary>
    public Dictionary<(int Pid, string Path), string> Backing { get; } = [];

    public string? BackingFile(int initPid, string path) => Backing.GetValueOrDefault((initPid, path));

    /// <summary>What is against giving a device to VMs, by its path.</summary>
    public Dictionary<string, string> Unfit { get; } = new(StringComparer.Ordinal);

    public string? WhyNotGiven(string device) => Unfit.GetValueOrDefault(device);

    public bool DeviceExists(string path) => true;

    private sealed class Hold(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}
