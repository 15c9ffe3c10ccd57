using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>
/// A whole outer host in memory, with a real journal and real directories: what survives the death of a hostctl. The
/// invariants that hold at every instant are checked here after each change.
/// </summary>
internal sealed class ModelWorld : IDisposable
{
    public const string Image = "image";
    public const string ImageId = "sha256:0";

    private readonly Dictionary<int, ModelLibvirt> _libvirts = [];
    private int _counter;

    public ModelWorld(DirectoryInfo root)
    {
        Paths = new HostSwapPaths(root.FullName);
        GenerationDirectories.EnsureHost(Paths);
        Journal = SqliteJournal.Open(Paths.JournalFile, Time);
    }

    public HostSwapPaths Paths { get; }

    /// <summary>The VMs; none before the first start.</summary>
    public IReadOnlyList<ModelVm> Machines { get; private set; } = [];

    public PassingTime Time { get; } = new();

    public SqliteJournal Journal { get; }

    public Dictionary<string, ModelContainer> Containers { get; } = new(StringComparer.Ordinal);

    /// <summary>The first invariant that was seen broken: no command may hide it.</summary>
    public string? Broken { get; private set; }

    public HostSwapSettings Settings => new(
        Paths,
        new DockerSettings(new Uri("unix:///nowhere"), "net", null, null, TimeSpan.FromSeconds(1)),
        Image,
        [],
        new GenerationSettings(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10), TimeSpan.Zero, TimeSpan.FromDays(1)),
        new MigrationSettings(
            // What the product copies in a thread of its own goes on in that, and the model is not made for two of them.
            Parallel: 1,
            BandwidthMiBPerSecond: null,
            ParallelConnections: 1,
            AutoConverge: true,
            DeadlineBase: TimeSpan.FromSeconds(20),
            DeadlinePerGiB: TimeSpan.Zero,
            NoProgressLimit: TimeSpan.FromSeconds(20),
            Retries: 1,
            RetryDelay: TimeSpan.FromSeconds(1),
            MemoryReserveMiB: 0)
        {
            // No VM of the model is handed over, and canaries are tried elsewhere.
            Canaries = CanaryScope.Handover,
        },
        Source: null)
    {
        Vms = Machines.Where(static machine => machine.Instead is not null).ToDictionary(
            static machine => machine.Name,
            static machine => new VmSettings(Policy: null, Priority: null, Group: null) { Live = false, WhenNotLive = machine.Instead },
            StringComparer.Ordinal),
        FurtherNetworks = [new GuestNetwork("br1", "net-lan", null, null)],
    };

    public ModelLibvirt Libvirt(int generation)
    {
        if (!_libvirts.TryGetValue(generation, out var libvirt))
            _libvirts[generation] = libvirt = new ModelLibvirt(new GenerationPaths(Paths, generation), HasStarted);
        return libvirt;
    }

    public ModelContainer? Container(int generation) => Containers.Values.SingleOrDefault(container => container.Generation == generation);

    public int Next() => ++_counter;

    public void Start(ModelContainer container)
    {
        if (container.Running)
            return;
        var number = Next();
        (container.Running, container.Closed, container.Pid, container.StartedAt) = (true, false, 1000 + number, $"start {number}");
        container.Joined = [.. container.Networks];
        Libvirt(container.Generation).Boot();
    }

    public void Halt(ModelContainer container)
    {
        if (!container.Running)
            return;
        var libvirt = Libvirt(container.Generation);
        foreach (var machine in Machines.Where(machine => libvirt.IsActive(machine.Uuid)))
        {
            if (_libvirts.Values.Any(other => other != libvirt && other.IsActive(machine.Uuid)))
                machine.HostWentDownBesideLeftover();
            else
                machine.HostWentDown();
        }

        foreach (var machine in Machines.Where(machine => libvirt.Defines(machine.Uuid) && !libvirt.IsActive(machine.Uuid)))
            machine.HostWentDownAround();
        container.Running = false;
        libvirt.Halt();
    }

    /// <summary>The candidate's container dies, as its init's crash would have it.</summary>
    public void KillCandidate()
    {
        foreach (var record in Journal.Generations().Where(record => string.Equals(record.Role, nameof(GenerationRole.Candidate), StringComparison.Ordinal)))
        {
            if (Container(record.Number) is { } container)
                Halt(container);
        }
    }

    /// <summary>Somebody makes the VMs.</summary>
    public void Populate(int generation, IReadOnlyList<ModelVm> machines)
    {
        var libvirt = Libvirt(generation);
        foreach (var machine in machines)
        {
            libvirt.Define(machine.Uuid, machine.Name);
            if (machine.Expected == Expectation.Runs)
                libvirt.Start(machine.Uuid);
            if (machine.Saved)
                libvirt.PutSavedImage(machine.Uuid, machine.Name);
            if (machine.Persistent)
                libvirt.Domains[machine.Uuid] = libvirt.Domains[machine.Uuid] with { Autostart = machine.Autostart };
            else
                libvirt.Undefine(machine.Uuid);
        }

        Machines = machines;
        Check();
    }

    /// <summary>
    /// A power cut. Docker's start after it starts no container: what they mount of <c>/run</c> is gone, and Docker makes no source
    /// of a mount.
    /// </summary>
    public void Reboot()
    {
        foreach (var container in Containers.Values)
            Halt(container);
        foreach (var machine in Machines)
            machine.HostWentDown();
        Directory.Delete(Paths.Runtime, recursive: true);
        Check();
    }

    /// <summary>What must be so at every instant.</summary>
    public void Check()
    {
        foreach (var machine in Machines)
        {
            if (_libvirts.Values.Count(libvirt => libvirt.Executes(machine.Uuid)) > 1)
                Break($"{machine.Name} runs twice");
            if (machine.Persistent && !_libvirts.Values.Any(libvirt => libvirt.Defines(machine.Uuid)))
                Break($"{machine.Name} is defined nowhere");
        }

        if (Containers.Values.Count(container => container.Restart) > 1)
            Break("Docker would start two generations");
    }

    private void HasStarted(Guid uuid, bool fromImage)
    {
        if (Machines.FirstOrDefault(machine => machine.Uuid == uuid)?.HasStarted(fromImage) is { } wrong)
            Break(wrong);
    }

    public void Break(string what)
    {
        Broken ??= what;
        throw new InvariantBroken(Broken);
    }

    /// <summary>Everything as it is now, for people.</summary>
    public override string ToString()
    {
        var lines = Journal.Generations().Select(record =>
            $"gen-{record.Number} {record.Role}: {(Container(record.Number) is { } container ? $"running {container.Running}, restart {container.Restart}" : "no container")}: "
            + string.Join("; ", Libvirt(record.Number).Domains.Values.Select(domain =>
                $"{domain.Name} {domain.State}({domain.StateReason}){(domain.Persistent ? " persistent" : "")}{(domain.Autostart ? " autostart" : "")}")));
        return string.Join('\n', lines);
    }

    public static ImageDescription DescribeImage() => new(
        ImageId, new Dictionary<string, string>(StringComparer.Ordinal) { [HostImageContract.KindLabel] = HostImageContract.Kind });

    public void Dispose() => Journal.Dispose();
}
