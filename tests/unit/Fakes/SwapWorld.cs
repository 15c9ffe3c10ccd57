using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.UnitTests.Fakes;

/// <summary>Two hosts in memory with a real journal: what one VM's move needs.</summary>
internal sealed class SwapWorld : ISwapObserver, IDisposable
{
    public const int SourcePid = 100;
    public const int TargetPid = 200;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");

    public SwapWorld()
    {
        Paths = new HostSwapPaths(_root.FullName);
        Directory.CreateDirectory(Paths.MigrationSockets);
        Journal = SqliteJournal.Open(Paths.JournalFile, TimeProvider.System);
        Operation = Journal.Begin(OperationKind.Swap, "test", new SwapDetail(1, 2, "image", "sha256:0").ToJson()).Id;
    }

    public HostSwapPaths Paths { get; }

    public SqliteJournal Journal { get; }

    public long Operation { get; }

    public FakeLibvirtHost Source { get; } = new();

    public FakeLibvirtHost Target { get; } = new();

    public FakeKernel Kernel { get; } = new();

    public FakeEngine Engine { get; } = new();

    public FakeQmp Qmp { get; } = new();

    public FakeDesk Hooks { get; } = new();

    /// <summary>Where the hook of the side that VMs leave asks, while canaries come back.</summary>
    public FakeDesk ReturnHooks { get; } = new();

    public List<SwapEvent> Events { get; } = [];

    /// <summary>What whoever watches was told in words.</summary>
    public IReadOnlyList<string> Notices => [.. Events.OfType<SwapNotice>().Select(static notice => notice.Message)];

    /// <summary>What the side that VMs go to is.</summary>
    public (GenerationRole Role, DateTimeOffset? RetiredAt) TargetIs { get; set; } = (GenerationRole.Candidate, null);

    /// <summary>How often a failed move is tried again.</summary>
    public int Retries { get; init; }

    public MigrationSettings Migration { get; init; } = new(
        Parallel: null,
        BandwidthMiBPerSecond: null,
        ParallelConnections: 1,
        AutoConverge: true,
        DeadlineBase: TimeSpan.FromSeconds(20),
        DeadlinePerGiB: TimeSpan.Zero,
        NoProgressLimit: TimeSpan.FromSeconds(20),
        Retries: 0,
        RetryDelay: TimeSpan.FromMilliseconds(1),
        MemoryReserveMiB: 0);

    public SwapSession Session => new(
        Settings, Engine, Kernel, Journal, new EffectLog(Journal, Operation), this, TimeProvider.System, Side(1, SourcePid, Source, (GenerationRole.Active, null)), Side(2, TargetPid, Target, TargetIs), Qmp, Hooks)
    {
        Listen = _ => ReturnHooks,
    };

    public HostSwapSettings Settings => new(
        Paths,
        new DockerSettings(new Uri("unix:///nowhere"), "net", null, null, TimeSpan.FromSeconds(1)),
        "image",
        [],
        new GenerationSettings(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.Zero, TimeSpan.FromHours(1)),
        Migration with { Retries = Retries },
        Source: null);

    /// <summary>Puts a QEMU process beside a domain that runs.</summary>
    public void Run(Guid uuid, int initPid) => Kernel.Processes.Add(new QemuProcess(initPid + Kernel.Processes.Count + 1, uuid, $"pid:[{initPid}]", ArrivedByMigration: false));

    public void Stop(Guid uuid, int initPid) =>
        Kernel.Processes.RemoveAll(process => process.DomainUuid == uuid && string.Equals(process.PidNamespace, $"pid:[{initPid}]", StringComparison.Ordinal));

    /// <summary>What a migration that succeeds does to the world.</summary>
    public void Arrive(Guid uuid)
    {
        var domain = Source.Domains.Known[uuid];
        Source.Domains.Known.Remove(uuid);
        Stop(uuid, SourcePid);
        Target.Domains.Known[uuid] = domain with { Autostart = false };
        Target.Domains.Xml[uuid] = Source.Domains.Xml[uuid];
        Run(uuid, TargetPid);
    }

    public static PlannedMove Plan(DomainRecord domain) => new(
        1,
        domain.Uuid,
        domain.Name,
        domain.State,
        domain.Persistent,
        domain.Autostart,
        domain.IsActive ? MoveMethod.Copy : MoveMethod.Define,
        "planned by the test",
        256L << 20);

    public void OnEvent(SwapEvent swapEvent)
    {
        lock (Events)
            Events.Add(swapEvent);
    }

    /// <summary>The states that a move went through.</summary>
    public IReadOnlyList<MoveState> States(Guid uuid) =>
        [.. Events.OfType<MoveChanged>().Where(changed => changed.Uuid == uuid).Select(changed => changed.State)];

    public void Dispose()
    {
        Journal.Dispose();
        Engine.Dispose();
        _root.Delete(recursive: true);
    }

    private SwapSide Side(int number, int pid, ILibvirtHost host, (GenerationRole Role, DateTimeOffset? RetiredAt) now)
    {
        var record = new GenerationRecord(number, now.Role.ToString(), "image", "sha256:0", Guid.NewGuid(), DateTimeOffset.UnixEpoch, now.RetiredAt);
        return new SwapSide(Generation.From(record, Paths), host, pid, $"pid:[{pid}]");
    }
}
