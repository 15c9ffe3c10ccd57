using System.Globalization;
using System.Runtime.CompilerServices;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.UnitTests.Fakes;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>The domains of one generation; none answers while its container does not run.</summary>
internal sealed class ModelDomains(ModelWorld world, FaultGate gate, int generation) : ModelAdapter(world, gate), ILibvirtDomains
{
    private ModelLibvirt Here => World.Container(generation) is { Running: true } ? World.Libvirt(generation) : throw Refuse("connect", "no bus");

    public Task<IReadOnlyList<DomainRecord>> ListAsync(CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<DomainRecord>>(() => [.. Here.Domains.Values]);

    public Task<DomainRecord?> FindAsync(Guid uuid, CancellationToken cancellationToken) =>
        ReadAsync(() => Here.Domains.GetValueOrDefault(uuid));

    public Task<string> GetXmlAsync(Guid uuid, DomainXml kind, CancellationToken cancellationToken) =>
        ReadAsync(() => DomainXmls.Plain(uuid, Known(uuid).Name));

    public async Task<Guid> DefineAsync(string xml, CancellationToken cancellationToken)
    {
        var (uuid, name) = DomainXmls.Identify(xml);
        await ChangeAsync("define", () => Here.Define(uuid, name));
        return uuid;
    }

    public Task UndefineAsync(Guid uuid, CancellationToken cancellationToken) => ChangeAsync("undefine", () =>
    {
        if (!Known(uuid).Persistent)
            throw Refuse("undefine", "it is transient");
        if (File.Exists(Here.SavedImage(Known(uuid).Name)))
            throw Refuse("undefine", "it has a managed save image");
        Here.Undefine(uuid);
    });

    public Task UndefineSavedAsync(Guid uuid, CancellationToken cancellationToken) => ChangeAsync("undefine", () =>
    {
        if (!Known(uuid).Persistent)
            throw Refuse("undefine", "it is transient");
        File.Delete(Here.SavedImage(Known(uuid).Name));
        Here.Undefine(uuid);
    });

    public Task SetAutostartAsync(Guid uuid, bool autostart, CancellationToken cancellationToken) =>
        ChangeAsync("set autostart", () => Here.Domains[uuid] = Known(uuid) with { Autostart = autostart });

    public Task StartAsync(Guid uuid, CancellationToken cancellationToken) => ChangeAsync("start domain", () =>
    {
        if (Known(uuid).IsActive)
            throw Refuse("start", "it runs already");
        Here.Start(uuid);
    });

    public Task ShutdownAsync(Guid uuid, bool byButton, CancellationToken cancellationToken) => ChangeAsync("shut down", () =>
    {
        if (!Known(uuid).IsActive)
            throw Refuse("shut down", "it does not run");
        Here.End(uuid, ModelLibvirt.ShutdownReason);
    });

    public Task ManagedSaveAsync(Guid uuid, CancellationToken cancellationToken) => ChangeAsync("save", () =>
    {
        if (Known(uuid) is not { IsActive: true, Persistent: true })
            throw Refuse("save", "it does not run, or is transient");
        Here.PutSavedImage(uuid, Known(uuid).Name);
        Here.End(uuid, ModelLibvirt.SavedReason);
        World.Machines.Single(machine => machine.Uuid == uuid).WasSaved();
    });

    public Task DetachDeviceAsync(Guid uuid, string device, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task AttachDeviceAsync(Guid uuid, string device, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task CreateAsync(string xml, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ResumeAsync(Guid uuid, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DestroyAsync(Guid uuid, CancellationToken cancellationToken) => ChangeAsync("destroy", () =>
    {
        if (!Known(uuid).IsActive)
            throw Refuse("destroy", "it does not run");
        Here.End(uuid, ModelLibvirt.DestroyedReason);
    });

    public Task<IReadOnlyList<SnapshotRecord>> ReadSnapshotsAsync(Guid uuid, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<SnapshotRecord>>([]);

    public Task ForgetSnapshotAsync(Guid uuid, string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RedefineSnapshotAsync(Guid uuid, string xml, bool current, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<string>> ListSnapshotsAsync(Guid uuid, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task MigrateAsync(Guid uuid, MigrationRequest request, CancellationToken cancellationToken) =>
        ChangeAsync("migrate", () => Migrate(uuid, request));

    public Task SetMaxDowntimeAsync(Guid uuid, TimeSpan limit, CancellationToken cancellationToken) => ReadAsync(() => Known(uuid));

    public Task SetMaxSpeedAsync(Guid uuid, long? limit, CancellationToken cancellationToken) => ReadAsync(() => Known(uuid));

    public Task StartPostCopyAsync(Guid uuid, CancellationToken cancellationToken) => ChangeAsync("start post-copy", () => Known(uuid));

    public Task SuspendAsync(Guid uuid, CancellationToken cancellationToken) => ChangeAsync("suspend", () => Known(uuid));

    public Task AbortJobAsync(Guid uuid, CancellationToken cancellationToken) => ReadAsync(() => true);

    public Task<DomainJob?> GetJobAsync(Guid uuid, CancellationToken cancellationToken) => ReadAsync(() => (DomainJob?)null);

    public Task<BlockJob?> GetBlockJobAsync(Guid uuid, string disk, CancellationToken cancellationToken) => ReadAsync(() => (BlockJob?)null);

    public Task<DomainJob?> GetCompletedJobAsync(Guid uuid, CancellationToken cancellationToken) => ReadAsync(() => (DomainJob?)null);

    public Task<IReadOnlyList<DiskError>> GetDiskErrorsAsync(Guid uuid, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<DiskError>>(() => []);

    public Task WaitForRebootAsync(Guid uuid, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

    public async IAsyncEnumerable<DomainLifecycleEvent> WatchLifecycleAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    /// <summary>At once, or as far as the fault lets it come: libvirt itself ends no other way.</summary>
    private void Migrate(Guid uuid, MigrationRequest request)
    {
        var domain = Known(uuid);
        var number = int.Parse(request.DestinationUri.Split("/generations/")[1].Split('/')[0], CultureInfo.InvariantCulture);
        if (!domain.IsActive || World.Container(number) is not { Running: true } || World.Libvirt(number).IsActive(uuid))
            throw Refuse("migrate", "it does not run here, or runs there, or nobody is there");

        var fault = Gate.NextMigration();
        if (fault == FaultKind.MigrationFails)
            throw Refuse("migrate", "it failed");

        var target = World.Libvirt(number);
        // Of two paused QEMUs nobody could tell which counts, so that only one that runs is cut in that way.
        if (fault == FaultKind.MigrationCutPaused && domain.State == DomainState.Running)
            Here.Domains[uuid] = domain with { State = DomainState.Paused, StateReason = ModelLibvirt.PausedForMigration };
        else
            Here.End(uuid, ModelLibvirt.MigratedReason);
        target.Receive(domain, request.Persistent);
        if ((fault is null or FaultKind.MigrationDenied) && request.Persistent && domain.Persistent)
            Here.Undefine(uuid);
        if (fault is not null)
            throw Refuse("migrate", $"{fault}");
    }

    private DomainRecord Known(Guid uuid) => Here.Domains.GetValueOrDefault(uuid) ?? throw Refuse("find", "no such domain");

    private AdapterException Refuse(string call, string why) => new($"libvirt gen-{generation}", call, why);
}
