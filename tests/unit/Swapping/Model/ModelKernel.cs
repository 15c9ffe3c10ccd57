using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Procfs;
using HostSwap.UnitTests.Fakes;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>The outer host's kernel: QEMU processes and namespaces are those of the containers that run.</summary>
internal sealed class ModelKernel(ModelWorld world, FaultGate gate) : IOuterKernel
{
    private const string UplinkPort = $"/sys/class/net/{HostImageContract.GuestBridge}/brif/{HostImageContract.Uplink}";

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

    public IReadOnlySet<string> NetworkInterfaces(int initPid) => new HashSet<string>(StringComparer.Ordinal) { HostImageContract.GuestBridge };

    public FileFacts? Look(int initPid, string path)
    {
        if (initPid == Environment.ProcessId)
            return Facts(path);
        if (ByPid(initPid) is not { } container)
            return null;
        return string.Equals(path, UplinkPort, StringComparison.Ordinal) ? Facts(path) : container.Outside(path) is { } outside ? Facts(outside) : null;
    }

    public string? ReadText(int initPid, string path, int limit = 4096) => null;

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

    public bool DeviceExists(string path) => true;

    private ModelContainer? ByPid(int pid) => world.Containers.Values.FirstOrDefault(container => container.Running && container.Pid == pid);

    private static string Namespace(int pid) => $"pid:[{pid}]";

    private static FileFacts Facts(string path) =>
        new(Device: 1, Inode: (ulong)(uint)string.GetHashCode(path, StringComparison.Ordinal), User: 0, Group: 0, Mode: 0x4000);
}
