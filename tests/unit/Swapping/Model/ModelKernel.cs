using HostSwap.Orchestrator.Procfs;
using HostSwap.UnitTests.Fakes;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>The outer host's kernel: QEMU processes and namespaces are those of the containers that run.</summary>
internal sealed class ModelKernel(ModelWorld world, FaultGate gate) : IOuterKernel
{
    public int Processors => 2;

    public IMounts Mounts { get; } = new FakeMounts();

    public long TotalMemoryBytes() => 16L << 30;

    public long? DefaultHugePageBytes() => null;

    public string Release => "6.1.0-model";

    public IReadOnlyList<string> InstalledReleases => [];

    public long AvailableMemoryBytes() => 8L << 30;

    public IReadOnlySet<string> BoundingCapabilities() => new HashSet<string>(StringComparer.Ordinal);

    public IReadOnlyList<QemuProcess> QemuProcesses()
    {
        gate.Check();
        return
        [
            .. world.Containers.Values.Where(container => container.Running).SelectMany(container => world.Libvirt(container.Generation).Domains.Values
                .Where(domain => domain.IsActive)
                .Select(domain => new QemuProcess(container.Pid + 100_000, domain.Uuid, Namespace(container.Pid), ArrivedByMigration: false))),
        ];
    }

    public string? PidNamespace(int pid)
    {
        gate.Check();
        return ByPid(pid) is null ? null : Namespace(pid);
    }

    public IReadOnlySet<string> NetworkInterfaces(int initPid) => Joined(initPid)
        .SelectMany(pair => new[] { pair.Bridge, $"eth-{pair.Network}" }).ToHashSet(StringComparer.Ordinal);

    public FileFacts? Look(int initPid, string path)
    {
        if (initPid == Environment.ProcessId)
            return Facts(path);
        if (ByPid(initPid) is not { } container)
            return null;
        return Joined(initPid).Any(pair => string.Equals(path, $"/sys/class/net/{pair.Bridge}/brif/eth-{pair.Network}", StringComparison.Ordinal)) ? Facts(path) : container.Outside(path) is { } outside ? Facts(outside) : null;
    }

    public string? ReadText(int initPid, string path, int limit = 4096) => Joined(initPid)
        .Where(pair => string.Equals(path, $"/sys/class/net/eth-{pair.Network}/address", StringComparison.Ordinal))
        .Select(static pair => $"mac-{pair.Network}").FirstOrDefault();

    public IReadOnlyList<OpenFile> OpenFiles(int pid) => [];

    public ProcessUser? UserOf(int pid) => new ProcessUser(0, new HashSet<uint>());

    public IReadOnlyList<MappedFile> MappedFiles(int pid) => [];

    public IReadOnlySet<(ulong Device, ulong Inode)> ExclusiveImages() => new HashSet<(ulong, ulong)>();

    public IDisposable? HoldImage(int initPid, string path) => throw new NotSupportedException();

    public Task<bool> WaitForEndAsync(int pid, TimeSpan limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The QMP directories' alone, which nothing here looks at.</summary>
    public void ChangeOwner(int initPid, string path, uint user, uint group)
    {
    }

    public string? BackingFile(int initPid, string path) => null;

    public string? WhyNotGiven(string device) => null;

    public bool DeviceExists(string path) => true;

    private ModelContainer? ByPid(int pid) => world.Containers.Values.FirstOrDefault(container => container.Running && container.Pid == pid);

    private IEnumerable<(string Bridge, string Network)> Joined(int pid) =>
        ByPid(pid) is { } container ? container.Joined.Select(network => (container.BridgeOf(network), network)) : [];

    private static string Namespace(int pid) => $"pid:[{pid}]";

    private static FileFacts Facts(string path) =>
        new(Device: 1, Inode: (ulong)(uint)string.GetHashCode(path, StringComparison.Ordinal), User: 0, Group: 0, Mode: 0x4000);
}
