using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.UnitTests.Carrying;
using HostSwap.UnitTests.Fakes;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>
/// What one generation's libvirt knows. Persistent definitions are on disk as well, where the product looks for them
/// when no libvirt runs.
/// </summary>
internal sealed class ModelLibvirt(GenerationPaths paths, Action<Guid, bool> started)
{
    public const int BootedReason = 1;
    public const int ShutdownReason = 1;
    public const int DestroyedReason = 2;
    public const int MigratedReason = 4;
    public const int SavedReason = 5;
    public const int PausedForMigration = 2;

    public Dictionary<Guid, DomainRecord> Domains { get; } = [];

    public bool Defines(Guid uuid) => Domains.TryGetValue(uuid, out var domain) && domain.Persistent;

    public bool IsActive(Guid uuid) => Domains.TryGetValue(uuid, out var domain) && domain.IsActive;

    public bool Executes(Guid uuid) => Domains.TryGetValue(uuid, out var domain) && domain.State == DomainState.Running;

    public void Define(Guid uuid, string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File(name))!);
        System.IO.File.WriteAllText(File(name), DomainXmls.Plain(uuid, name));
        Domains[uuid] = Domains.TryGetValue(uuid, out var known)
            ? known with { Persistent = true }
            : new DomainRecord(uuid, name, DomainState.ShutOff, StateReason: 0, Persistent: true, Autostart: false);
    }

    public void Undefine(Guid uuid)
    {
        var known = Domains[uuid];
        System.IO.File.Delete(File(known.Name));
        if (known.IsActive)
            Domains[uuid] = known with { Persistent = false, Autostart = false };
        else
            Domains.Remove(uuid);
    }

    /// <summary>Starts it, from its managed save image where it has one, which is gone then.</summary>
    public void Start(Guid uuid)
    {
        var name = Domains[uuid].Name;
        var log = Path.Join(paths.LibvirtLog, "qemu", $"{name}.log");
        System.IO.File.AppendAllText(log, "starting up\n");
        var saved = System.IO.File.Exists(SavedImage(name));
        System.IO.File.Delete(SavedImage(name));
        Domains[uuid] = Domains[uuid] with { State = DomainState.Running, StateReason = BootedReason };
        started(uuid, saved);
    }

    /// <summary>Where it would have a VM's managed save image.</summary>
    public string SavedImage(string name) => SavedImages.PathIn(paths, name);

    /// <summary>Writes a VM's managed save image.</summary>
    public void PutSavedImage(Guid uuid, string name) => SavedImages.Put(paths, name, SavedImages.Whole(uuid, name));

    /// <summary>Its QEMU ends; nothing is left of a transient domain.</summary>
    public void End(Guid uuid, int reason)
    {
        if (Domains[uuid].Persistent)
            Domains[uuid] = Domains[uuid] with { State = DomainState.ShutOff, StateReason = reason };
        else
            Domains.Remove(uuid);
    }

    /// <summary>Receives a domain; a definition that is here already keeps its flag.</summary>
    public void Receive(DomainRecord domain, bool persist)
    {
        if (persist)
            Define(domain.Uuid, domain.Name);
        var known = Domains.GetValueOrDefault(domain.Uuid) ?? domain with { Persistent = false, Autostart = false };
        Domains[domain.Uuid] = known with { State = domain.State, StateReason = domain.StateReason };
    }

    /// <summary>Every QEMU ends with the container.</summary>
    public void Halt()
    {
        foreach (var uuid in Domains.Keys.ToList())
            End(uuid, reason: 0);
    }

    /// <summary>libvirtd starts with its container.</summary>
    public void Boot()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SavedImage(""))!);
        Directory.CreateDirectory(Path.Join(paths.LibvirtLog, "qemu"));
        foreach (var domain in Domains.Values.Where(domain => domain.Autostart).ToList())
            Start(domain.Uuid);
    }

    private string File(string name) => Path.Join(paths.LibvirtConfiguration, "qemu", $"{name}.xml");
}
