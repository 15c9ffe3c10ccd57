using System.Globalization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Swapping;
using HostSwap.Orchestrator.Swapping.Canaries;
using HostSwap.UnitTests.Fakes;

namespace HostSwap.UnitTests.Swapping.Canaries;

/// <summary>
/// Two libvirts that start, hand over, copy and end domains as the real ones do, with real RAM files and the hook's two
/// questions.
/// </summary>
internal sealed class CanaryWorld : IDisposable
{
    private int _id = 2;

    public CanaryWorld()
    {
        Model = World.Source.Domains.Add("web", DomainState.Running);
        World.Source.Domains.Xml[Model.Uuid] = DomainXmls.Plain(Model.Uuid, "web");
        World.Run(Model.Uuid, SwapWorld.SourcePid);
        foreach (var (generation, domains, pid) in new[] { (1, World.Source.Domains, SwapWorld.SourcePid), (2, World.Target.Domains, SwapWorld.TargetPid) })
        {
            domains.OnCreate = domain => Begin(generation, pid, domain.Uuid, domain.Name);
            domains.OnDestroy = domain => End(generation, pid, domain.Uuid);
        }

        World.Source.Domains.OnMigrate = (uuid, request) => MigrateAsync(uuid, request, back: false);
        World.Target.Domains.OnMigrate = (uuid, request) => MigrateAsync(uuid, request, back: true);
    }

    public SwapWorld World { get; } = new();

    /// <summary>The VM that is ready for handover.</summary>
    public DomainRecord Model { get; }

    /// <summary>The model's machine and CPU.</summary>
    public CanaryPair Pair => CanaryPair.Of(DomainXmlReader.Read(World.Source.Domains.Xml[Model.Uuid]));

    /// <summary>QEMUs by the side's PID and the domain.</summary>
    public Dictionary<(int Pid, Guid Uuid), FakeMonitor> Monitors { get; } = [];

    /// <summary>Changes what the new QEMU maps before the hook asks about it.</summary>
    public Func<MappedFile, MappedFile> OnMap { get; set; } = file => file;

    /// <summary>Happens to a RAM file once its VM has arrived, there or back.</summary>
    public Action<Flight, string> OnArrived { get; set; } = (_, _) => { };

    /// <summary>Happens before a migration.</summary>
    public Action OnMigrate { get; set; } = () => { };

    /// <summary>How each canary was moved, way by way.</summary>
    public List<Flight> Flights { get; } = [];

    public IReadOnlyList<string> RamDirectories =>
    [
        .. new[] { 1, 2 }.Select(RamRoot).Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Select(Path.GetFileName).OfType<string>(),
    ];

    public IReadOnlyList<string> Sockets => [.. new[] { 1, 2 }.Select(Paths).Select(paths => paths.QmpDirectory).Append(World.Paths.MigrationSockets).Where(Directory.Exists).SelectMany(Directory.EnumerateFiles)];

    public CanaryTrial Trial(Func<SwapSession, SwapSession>? change = null) => new(change is null ? World.Session : change(World.Session), Pair);

    /// <summary>Has canaries of the model fly by these methods; both where none is named.</summary>
    /// <returns>What is known then.</returns>
    public async Task<CanaryVerdict> FlyAsync(Func<SwapSession, SwapSession>? change = null, CancellationToken stop = default, params IReadOnlyList<MoveMethod> methods)
    {
        var session = change is null ? World.Session : change(World.Session);
        await new CanaryFleet(session, session.Time).FlyAsync([new CanaryWish(Pair, Model.Uuid, methods is [] ? [MoveMethod.Handover, MoveMethod.Copy] : methods)], stop);
        return new CanaryTrial(session, Pair).Find();
    }

    /// <summary>Has the RAM of what arrives so hold nothing of what it held.</summary>
    public void Lose(MoveMethod method, bool back) => OnArrived = (flight, path) =>
    {
        if (flight == new Flight(method, back))
            File.WriteAllBytes(path, new byte[1 << 20]);
    };

    /// <summary>What a libvirt does when it starts a domain whose RAM is a file.</summary>
    public string Begin(int generation, int pid, Guid uuid, string name)
    {
        var path = MakeRam(generation, ++_id, name);
        Map(generation, pid, uuid, path);
        return path;
    }

    public string MakeRam(int generation, int id, string name)
    {
        var path = Path.Join(RamRoot(generation), string.Create(CultureInfo.InvariantCulture, $"{id}-{name}"), "pc.ram");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        file.SetLength(CanaryDefinition.MemoryBytes);
        return path;
    }

    public void Dispose() => World.Dispose();

    private GenerationPaths Paths(int generation) => new(World.Paths, generation);

    private string RamRoot(int generation) => Path.Join(Paths(generation).Memory, "libvirt", "qemu");

    private void Map(int generation, int pid, Guid uuid, string path, Func<MappedFile, MappedFile>? change = null)
    {
        World.Run(uuid, pid);
        var facts = new OuterKernel().Look(Environment.ProcessId, path)!;
        var mapped = new MappedFile($"{HostImageContract.Memory}{path[World.Paths.Memory.Length..]}", facts.Device, facts.Inode, Shared: true);
        World.Kernel.Mapped[World.Kernel.Processes.Last().Pid] = [change is null ? mapped : change(mapped)];
        Directory.CreateDirectory(Paths(generation).QmpDirectory);
        var socket = Paths(generation).QmpSocket(uuid);
        File.WriteAllText(socket, "");
        World.Qmp.Monitors[socket] = Monitors[(pid, uuid)] = new FakeMonitor();
    }

    private bool End(int generation, int pid, Guid uuid)
    {
        var process = World.Kernel.Processes.FirstOrDefault(process => process.DomainUuid == uuid && process.PidNamespace == $"pid:[{pid}]");
        if (process is not null && World.Kernel.Mapped.Remove(process.Pid, out var mapped))
        {
            foreach (var file in mapped)
            {
                var directory = Path.Join(RamRoot(generation), Path.GetFileName(Path.GetDirectoryName(file.Path)));
                if (Directory.Exists(directory))
                    Directory.Delete(directory, recursive: true);
            }
        }

        World.Stop(uuid, pid);
        return true;
    }

    private async Task MigrateAsync(Guid uuid, MigrationRequest request, bool back)
    {
        OnMigrate();
        var (from, fromPid, leaves) = (1, SwapWorld.SourcePid, World.Source.Domains);
        var (to, toPid, takes, hooks) = (2, SwapWorld.TargetPid, World.Target.Domains, World.Hooks);
        if (back)
            (from, fromPid, leaves, to, toPid, takes, hooks) = (to, toPid, takes, from, fromPid, leaves, World.ReturnHooks);
        var name = leaves.Known[uuid].Name;
        var id = ++_id;
        string path;
        if (hooks.Tickets.GetValueOrDefault(uuid) is { } ticket)
        {
            Flights.Add(new Flight(MoveMethod.Handover, back));
            path = Path.Join(RamRoot(to), string.Create(CultureInfo.InvariantCulture, $"{id}-{name}"), "pc.ram");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var refusal = ticket.OnStart(id);
            if (refusal is null)
            {
                Map(to, toPid, uuid, path, OnMap);
                refusal = await ticket.OnStartedAsync(id, CancellationToken.None);
            }

            if (refusal is not null)
            {
                End(to, toPid, uuid);
                if (Directory.Exists(Path.GetDirectoryName(path)))
                    Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
                throw new AdapterException($"libvirt gen-{from}", "migrate", "Hook script execution failed");
            }

            Monitors[(toPid, uuid)].Migration = "completed";
        }
        else
        {
            Flights.Add(new Flight(MoveMethod.Copy, back));
            path = MakeRam(to, id, name);
            File.Copy(FileOf(uuid, fromPid), path, overwrite: true);
            Map(to, toPid, uuid, path);
        }

        takes.Known[uuid] = leaves.Known[uuid] with { State = request.ArrivesPaused ? DomainState.Paused : DomainState.Running };
        takes.Xml[uuid] = leaves.Xml[uuid];
        leaves.Known.Remove(uuid);
        OnArrived(Flights[^1], path);
        End(from, fromPid, uuid);
    }

    private string FileOf(Guid uuid, int pid)
    {
        var process = World.Kernel.Processes.Single(process => process.DomainUuid == uuid && process.PidNamespace == $"pid:[{pid}]");
        return Path.Join(World.Paths.Memory, World.Kernel.Mapped[process.Pid][0].Path[HostImageContract.Memory.Length..]);
    }

    /// <summary>One way of a canary.</summary>
    public sealed record Flight(MoveMethod Method, bool Back);
}
