using System.Runtime.CompilerServices;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.UnitTests.Fakes;

/// <summary>Domains of one host in memory. What a migration does to both sides is the test's to say.</summary>
internal sealed class FakeDomains : ILibvirtDomains
{
    public Dictionary<Guid, DomainRecord> Known { get; } = [];

    public Dictionary<Guid, string> Xml { get; } = [];

    public List<string> Calls { get; } = [];

    /// <summary>What whoever listens is told at once.</summary>
    public List<DomainLifecycleEvent> Events { get; } = [];

    /// <summary>What a migration does; the default refuses.</summary>
    public Func<Guid, MigrationRequest, Task> OnMigrate { get; set; } =
        (_, _) => throw new AdapterException("libvirt gen-1", "migrate", "refused by the test");

    public Action<Guid> OnAbort { get; set; } = _ => { };

    public Action<Guid> OnPostCopy { get; set; } = _ => { };

    public Action<Guid> OnSuspend { get; set; } = _ => { };

    public Action<Guid> OnUndefine { get; set; } = _ => { };

    /// <summary>What libvirt does to a managed save image, before it undefines its VM.</summary>
    public Action<Guid> OnUndefineSaved { get; set; } = _ => { };

    /// <summary>What becomes of XML that is defined.</summary>
    public Func<string, string> OnDefine { get; set; } = xml => xml;

    public Func<Guid, DomainJob?> Job { get; set; } = _ => null;

    /// <summary>Completed when the guest reboots.</summary>
    public TaskCompletionSource Reboot { get; } = new();

    public Action<Guid> OnResume { get; set; } = _ => { };

    public Task ResumeAsync(Guid uuid, CancellationToken cancellationToken)
    {
        Calls.Add($"resume {uuid}");
        OnResume(uuid);
        Known[uuid] = Known[uuid] with { State = DomainState.Running };
        return Task.CompletedTask;
    }

    public List<DiskError> DiskErrors { get; } = [];

    public DomainRecord Add(string name, DomainState state, bool persistent = true, bool autostart = false, Guid? uuid = null)
    {
        var record = new DomainRecord(uuid ?? Guid.NewGuid(), name, state, 0, persistent, autostart);
        Known[record.Uuid] = record;
        Xml[record.Uuid] = DomainXmls.Plain(record.Uuid, name);
        return record;
    }

    public Task<IReadOnlyList<DomainRecord>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<DomainRecord>>([.. Known.Values]);

    public Task<DomainRecord?> FindAsync(Guid uuid, CancellationToken cancellationToken) =>
        Task.FromResult(Known.GetValueOrDefault(uuid));

    public Task<string> GetXmlAsync(Guid uuid, DomainXml kind, CancellationToken cancellationToken) => Task.FromResult(Xml[uuid]);

    public Task<Guid> DefineAsync(string xml, CancellationToken cancellationToken)
    {
        var (uuid, name) = DomainXmls.Identify(xml);
        Calls.Add($"define {name}");
        Xml[uuid] = OnDefine(xml);
        Known[uuid] = Known.TryGetValue(uuid, out var known)
            ? known with { Persistent = true }
            : new DomainRecord(uuid, name, DomainState.ShutOff, 0, Persistent: true, Autostart: false);
        return Task.FromResult(uuid);
    }

    public Task UndefineAsync(Guid uuid, CancellationToken cancellationToken)
    {
        OnUndefine(uuid);
        var known = Known[uuid];
        Calls.Add($"undefine {known.Name}");
        if (known.IsActive)
            Known[uuid] = known with { Persistent = false };
        else
            Known.Remove(uuid);
        return Task.CompletedTask;
    }

    public Task UndefineSavedAsync(Guid uuid, CancellationToken cancellationToken)
    {
        OnUndefineSaved(uuid);
        return UndefineAsync(uuid, cancellationToken);
    }

    public Task SetAutostartAsync(Guid uuid, bool autostart, CancellationToken cancellationToken)
    {
        Known[uuid] = Known[uuid] with { Autostart = autostart };
        return Task.CompletedTask;
    }

    /// <summary>What becomes of the world when a guest is asked to shut down; it takes no notice unless the test says so.</summary>
    public Action<Guid> OnShutdown { get; set; } = _ => { };

    public Task ShutdownAsync(Guid uuid, bool byButton, CancellationToken cancellationToken)
    {
        Calls.Add($"shutdown {Known[uuid].Name}{(byButton ? " by button" : "")}");
        OnShutdown(uuid);
        return Task.CompletedTask;
    }

    /// <summary>What becomes of the world when a VM is saved; refused where it throws.</summary>
    public Action<Guid> OnSave { get; set; } = _ => throw new AdapterException("libvirt gen-1", "save", "refused by the test");

    public async Task ManagedSaveAsync(Guid uuid, CancellationToken cancellationToken)
    {
        Calls.Add($"save {Known[uuid].Name}");
        await Task.CompletedTask; // What is refused is so by the task.
        OnSave(uuid);
    }

    /// <summary>What becomes of the world when a device is asked for; the guest keeps it unless the test says so.</summary>
    public Action<Guid, string> OnDetach { get; set; } = (_, _) => { };

    public Task DetachDeviceAsync(Guid uuid, string device, CancellationToken cancellationToken)
    {
        Calls.Add($"detach {Known[uuid].Name}");
        OnDetach(uuid, device);
        return Task.CompletedTask;
    }

    /// <summary>What becomes of the world when a device is given; refused where it throws.</summary>
    public Action<Guid, string> OnAttach { get; set; } = (_, _) => { };

    public Task AttachDeviceAsync(Guid uuid, string device, CancellationToken cancellationToken)
    {
        Calls.Add($"attach {Known[uuid].Name}");
        OnAttach(uuid, device);
        return Task.CompletedTask;
    }

    /// <summary>What a start does to the world besides; refuses it where it throws.</summary>
    public Action<Guid> OnStart { get; set; } = _ => { };

    public Task StartAsync(Guid uuid, CancellationToken cancellationToken)
    {
        Calls.Add($"start {Known[uuid].Name}");
        OnStart(uuid);
        Known[uuid] = Known[uuid] with { State = DomainState.Running };
        return Task.CompletedTask;
    }

    /// <summary>What a started transient domain does to the world besides.</summary>
    public Action<DomainRecord> OnCreate { get; set; } = _ => { };

    public Task CreateAsync(string xml, CancellationToken cancellationToken)
    {
        var (uuid, name) = DomainXmls.Identify(xml);
        Calls.Add($"create {name}");
        Xml[uuid] = xml;
        Known[uuid] = new DomainRecord(uuid, name, DomainState.Running, 0, Persistent: false, Autostart: false);
        OnCreate(Known[uuid]);
        return Task.CompletedTask;
    }

    /// <summary>What the end of a QEMU does to the world besides; false where it does not end.</summary>
    public Func<DomainRecord, bool> OnDestroy { get; set; } = _ => true;

    public Task DestroyAsync(Guid uuid, CancellationToken cancellationToken)
    {
        var known = Known[uuid];
        Calls.Add($"destroy {known.Name}");
        if (!OnDestroy(known))
            return Task.CompletedTask;
        if (known.Persistent)
            Known[uuid] = known with { State = DomainState.ShutOff };
        else
            Known.Remove(uuid);
        return Task.CompletedTask;
    }

    /// <summary>Snapshots by their VM.</summary>
    public Dictionary<Guid, List<SnapshotRecord>> Snapshots { get; } = [];

    /// <summary>Refuses to know a snapshot again where it throws.</summary>
    public Action<string> OnRedefineSnapshot { get; set; } = _ => { };

    public Task<IReadOnlyList<SnapshotRecord>> ReadSnapshotsAsync(Guid uuid, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<SnapshotRecord>>([.. Snapshots.GetValueOrDefault(uuid) ?? []]);

    public Task ForgetSnapshotAsync(Guid uuid, string name, CancellationToken cancellationToken)
    {
        Calls.Add($"forget {name}");
        Snapshots[uuid].RemoveAll(snapshot => snapshot.Name == name);
        return Task.CompletedTask;
    }

    public Task RedefineSnapshotAsync(Guid uuid, string xml, bool current, CancellationToken cancellationToken)
    {
        OnRedefineSnapshot(xml);
        var root = System.Xml.Linq.XElement.Parse(xml);
        var (name, parent) = (root.Element("name")!.Value, root.Element("parent")?.Element("name")?.Value);
        var known = Snapshots.TryGetValue(uuid, out var list) ? list : Snapshots[uuid] = [];
        if (parent is not null && !known.Exists(snapshot => snapshot.Name == parent))
            throw new AdapterException("libvirt", "snapshot", $"parent {parent} is not known");
        Calls.Add($"redefine {name}");
        known.Add(new SnapshotRecord(name, parent, current, xml));
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> ListSnapshotsAsync(Guid uuid, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([.. (Snapshots.GetValueOrDefault(uuid) ?? []).Select(static snapshot => snapshot.Name)]);

    public async Task MigrateAsync(Guid uuid, MigrationRequest request, CancellationToken cancellationToken) => await OnMigrate(uuid, request);

    public Task SetMaxDowntimeAsync(Guid uuid, TimeSpan limit, CancellationToken cancellationToken)
    {
        Calls.Add($"max downtime {limit.TotalMilliseconds}");
        return Task.CompletedTask;
    }

    public Task SetMaxSpeedAsync(Guid uuid, long? limit, CancellationToken cancellationToken)
    {
        Calls.Add($"max speed {(limit is { } known ? $"{known}" : "unlimited")}");
        return Task.CompletedTask;
    }

    public Task StartPostCopyAsync(Guid uuid, CancellationToken cancellationToken)
    {
        Calls.Add("post-copy");
        OnPostCopy(uuid);
        return Task.CompletedTask;
    }

    public Task SuspendAsync(Guid uuid, CancellationToken cancellationToken)
    {
        Calls.Add("suspend");
        OnSuspend(uuid);
        return Task.CompletedTask;
    }

    public Task AbortJobAsync(Guid uuid, CancellationToken cancellationToken)
    {
        Calls.Add("abort");
        OnAbort(uuid);
        return Task.CompletedTask;
    }

    public Task<DomainJob?> GetJobAsync(Guid uuid, CancellationToken cancellationToken) => Task.FromResult(Job(uuid));

    /// <summary>Jobs of disks, by VM and disk.</summary>
    public Func<Guid, string, BlockJob?> DiskJob { get; set; } = (_, _) => null;

    public Task<BlockJob?> GetBlockJobAsync(Guid uuid, string disk, CancellationToken cancellationToken) => Task.FromResult(DiskJob(uuid, disk));

    public Task<DomainJob?> GetCompletedJobAsync(Guid uuid, CancellationToken cancellationToken) => Task.FromResult(Job(uuid));

    public Task<IReadOnlyList<DiskError>> GetDiskErrorsAsync(Guid uuid, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<DiskError>>([.. DiskErrors]);

    public Task WaitForRebootAsync(Guid uuid, CancellationToken cancellationToken) => Reboot.Task.WaitAsync(cancellationToken);

    public async IAsyncEnumerable<DomainLifecycleEvent> WatchLifecycleAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var change in Events)
            yield return change;
        await Task.CompletedTask;
    }
}
