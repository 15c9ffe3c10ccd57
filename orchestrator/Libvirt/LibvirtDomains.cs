using HostSwap.Orchestrator.DBus;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>The domains of one libvirt host.</summary>
internal sealed class LibvirtDomains(LibvirtCalls calls, TimeProvider time) : ILibvirtDomains
{
    /// <summary>The interface of a domain's object.</summary>
    public const string Interface = "org.libvirt.Domain";

    private const uint AffectLive = 1; // VIR_DOMAIN_AFFECT_LIVE
    private const uint ShutdownAcpiPowerButton = 1; // VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN
    private const string SnapshotInterface = "org.libvirt.DomainSnapshot";
    private const uint SnapshotXmlSecure = 1; // VIR_DOMAIN_SNAPSHOT_XML_SECURE
    private const uint SnapshotCreateRedefine = 1; // VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE
    private const uint SnapshotCreateCurrent = 2; // VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT
    private const uint SnapshotDeleteMetadataOnly = 2; // VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY

    /// <summary>What libvirt takes for no limit (<c>QEMU_DOMAIN_MIG_BANDWIDTH_MAX</c>): QEMU counts bytes in 63 bits.</summary>
    private const long UnlimitedMiBPerSecond = long.MaxValue >> 20;

    private readonly DomainReader _reader = new(calls);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DomainRecord>> ListAsync(CancellationToken cancellationToken) =>
        _reader.ReadAllAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<DomainRecord?> FindAsync(Guid uuid, CancellationToken cancellationToken) =>
        _reader.FindAsync(uuid, cancellationToken);

    /// <inheritdoc/>
    public Task<string> GetXmlAsync(Guid uuid, DomainXml kind, CancellationToken cancellationToken)
    {
        var flags = kind switch
        {
            DomainXml.Inactive => DomainXmlFlags.Inactive,
            DomainXml.Portable => DomainXmlFlags.Inactive | DomainXmlFlags.Migratable,
            DomainXml.Migratable => DomainXmlFlags.Migratable,
            _ => DomainXmlFlags.None,
        };
        return CallAsync(
            uuid, "GetXMLDesc", reply => reply.First.AsString(), cancellationToken, BusValue.UInt32((uint)(flags | DomainXmlFlags.Secure)));
    }

    /// <inheritdoc/>
    public Task<Guid> DefineAsync(string xml, CancellationToken cancellationToken) => calls.ConnectAsync(
        "DomainDefineXML",
        reply => LibvirtCalls.Uuid(reply.First.AsString()),
        cancellationToken,
        BusValue.String(xml));

    /// <inheritdoc/>
    public Task UndefineAsync(Guid uuid, CancellationToken cancellationToken) =>
        // Without the flags for managed save, snapshots and checkpoints, libvirt refuses rather than lose them.
        CallAsync(
            uuid,
            "Undefine",
            cancellationToken,
            BusValue.UInt32((uint)(UndefineFlags.KeepNvram | UndefineFlags.KeepTpm)));

    /// <inheritdoc/>
    public Task UndefineSavedAsync(Guid uuid, CancellationToken cancellationToken) => CallAsync(
        uuid, "Undefine", cancellationToken, BusValue.UInt32((uint)(UndefineFlags.ManagedSave | UndefineFlags.KeepNvram | UndefineFlags.KeepTpm)));

    /// <inheritdoc/>
    public Task SetAutostartAsync(Guid uuid, bool autostart, CancellationToken cancellationToken) => calls.SetAsync(
        LibvirtPaths.OfDomain(uuid), Interface, "Autostart", BusValue.Boolean(autostart), cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(Guid uuid, CancellationToken cancellationToken) =>
        CallAsync(uuid, "Create", cancellationToken, BusValue.UInt32(0));

    /// <inheritdoc/>
    public Task CreateAsync(string xml, CancellationToken cancellationToken) => calls.ConnectAsync(
        "DomainCreateXML",
        reply => LibvirtCalls.Uuid(reply.First.AsString()),
        cancellationToken,
        BusValue.String(xml),
        BusValue.UInt32(0));

    /// <inheritdoc/>
    public Task ResumeAsync(Guid uuid, CancellationToken cancellationToken) => CallAsync(uuid, "Resume", cancellationToken);

    /// <inheritdoc/>
    public Task ShutdownAsync(Guid uuid, bool byButton, CancellationToken cancellationToken) =>
        CallAsync(uuid, "Shutdown", cancellationToken, BusValue.UInt32(byButton ? ShutdownAcpiPowerButton : 0));

    /// <inheritdoc/>
    public Task ManagedSaveAsync(Guid uuid, CancellationToken cancellationToken) => calls.Service.CallAsync(
        new BusCall(calls.Service.Name, LibvirtPaths.OfDomain(uuid), Interface, "ManagedSave", BusValue.UInt32(0)), Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc/>
    public Task DetachDeviceAsync(Guid uuid, string device, CancellationToken cancellationToken) =>
        CallAsync(uuid, "DetachDevice", cancellationToken, BusValue.String(device), BusValue.UInt32(AffectLive));

    /// <inheritdoc/>
    public Task AttachDeviceAsync(Guid uuid, string device, CancellationToken cancellationToken) =>
        CallAsync(uuid, "AttachDevice", cancellationToken, BusValue.String(device), BusValue.UInt32(AffectLive));

    /// <inheritdoc/>
    public Task DestroyAsync(Guid uuid, CancellationToken cancellationToken) =>
        CallAsync(uuid, "Destroy", cancellationToken, BusValue.UInt32(0));

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListSnapshotsAsync(Guid uuid, CancellationToken cancellationToken)
    {
        return CallAsync(uuid, "ListDomainSnapshots", Names, cancellationToken, BusValue.UInt32(0));

        static IReadOnlyList<string> Names(BusReply reply) =>
            [.. LibvirtCalls.Paths(reply).Select(Name).Order(StringComparer.Ordinal)];

        static string Name(string path) => LibvirtPaths.TryReadSnapshotName(path, out var name)
            ? name
            : throw new BusFormatException("the path of a snapshot", path);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SnapshotRecord>> ReadSnapshotsAsync(Guid uuid, CancellationToken cancellationToken)
    {
        var paths = await CallAsync(uuid, "ListDomainSnapshots", LibvirtCalls.Paths, cancellationToken, BusValue.UInt32(0));
        var found = await Task.WhenAll(paths.Select(ReadAsync));
        return [.. found.OrderBy(static snapshot => snapshot.Name, StringComparer.Ordinal)];

        async Task<SnapshotRecord> ReadAsync(string path)
        {
            var xml = await calls.CallAsync(path, SnapshotInterface, "GetXMLDesc", static reply => reply.First.AsString(), cancellationToken, BusValue.UInt32(SnapshotXmlSecure));
            var current = await calls.CallAsync(path, SnapshotInterface, "IsCurrent", static reply => reply.First.AsBoolean(), cancellationToken, BusValue.UInt32(0));
            var snapshot = DomainXmlReader.Parse(xml);
            return new SnapshotRecord(snapshot.Element("name")?.Value ?? "", snapshot.Element("parent")?.Element("name")?.Value, current, xml);
        }
    }

    /// <inheritdoc/>
    public async Task ForgetSnapshotAsync(Guid uuid, string name, CancellationToken cancellationToken)
    {
        var path = await CallAsync(uuid, "SnapshotLookupByName", static reply => reply.First.AsString(), cancellationToken, BusValue.String(name), BusValue.UInt32(0));
        await calls.CallAsync(path, SnapshotInterface, "Delete", cancellationToken, BusValue.UInt32(SnapshotDeleteMetadataOnly));
    }

    /// <inheritdoc/>
    public Task RedefineSnapshotAsync(Guid uuid, string xml, bool current, CancellationToken cancellationToken) => CallAsync(
        uuid,
        "SnapshotCreateXML",
        static reply => reply.First.AsString(),
        cancellationToken,
        BusValue.String(xml),
        BusValue.UInt32(SnapshotCreateRedefine | (current ? SnapshotCreateCurrent : 0)));

    /// <inheritdoc/>
    public Task MigrateAsync(Guid uuid, MigrationRequest request, CancellationToken cancellationToken)
    {
        var call = new BusCall(
            calls.Service.Name,
            LibvirtPaths.OfDomain(uuid),
            Interface,
            "MigrateToURI3",
            BusValue.String(request.DestinationUri),
            Migration.Parameters(request),
            BusValue.UInt32((uint)Migration.Flags(request)));
        // How long a move may take is the caller's policy: it watches the job and aborts it.
        return calls.Service.CallAsync(call, Timeout.InfiniteTimeSpan, cancellationToken);
    }

    /// <inheritdoc/>
    public Task SetMaxDowntimeAsync(Guid uuid, TimeSpan limit, CancellationToken cancellationToken) => CallAsync(
        uuid,
        "MigrateSetMaxDowntime",
        cancellationToken,
        BusValue.UInt64((ulong)limit.TotalMilliseconds),
        BusValue.UInt32(0));

    /// <inheritdoc/>
    public Task SetMaxSpeedAsync(Guid uuid, long? limit, CancellationToken cancellationToken) => CallAsync(
        uuid,
        "MigrateSetMaxSpeed",
        cancellationToken,
        BusValue.UInt64((ulong)(limit ?? UnlimitedMiBPerSecond)),
        BusValue.UInt32(0));

    /// <inheritdoc/>
    public Task StartPostCopyAsync(Guid uuid, CancellationToken cancellationToken) =>
        CallAsync(uuid, "MigrateStartPostCopy", cancellationToken, BusValue.UInt32(0));

    /// <inheritdoc/>
    public Task SuspendAsync(Guid uuid, CancellationToken cancellationToken) => CallAsync(uuid, "Suspend", cancellationToken);

    /// <inheritdoc/>
    public async Task AbortJobAsync(Guid uuid, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(uuid, "AbortJob", cancellationToken);
        }
        catch (AdapterException)
        {
            // libvirt refuses where no job runs. Whether that was the reason is looked up, not read from its text.
            if (await GetJobAsync(uuid, cancellationToken) is not null)
                throw;
        }
    }

    /// <inheritdoc/>
    public Task<DomainJob?> GetJobAsync(Guid uuid, CancellationToken cancellationToken) =>
        ReadJobAsync(uuid, JobStatsFlags.None, cancellationToken);

    /// <inheritdoc/>
    public async Task<BlockJob?> GetBlockJobAsync(Guid uuid, string disk, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(uuid, "GetBlockJobInfo", Job, cancellationToken, BusValue.String(disk), BusValue.UInt32(0));
        }
        catch (AdapterException)
        {
            // One that has just ended has no jobs, and libvirt answers with an error that has no code.
            if (await FindAsync(uuid, cancellationToken) is { IsActive: true })
                throw;
            return null;
        }

        // Where none runs, libvirt fills in nothing (virDomainGetBlockJobInfo), and the bus carries zeros.
        static BlockJob? Job(BusReply reply) => reply.First.Items() is [var kind, var bandwidth, var done, var total]
            ? (kind.AsInt32(), bandwidth.ToInt64(), done.ToInt64(), total.ToInt64()) is (0, 0, 0, 0)
                ? null
                : new BlockJob((BlockJobKind)kind.AsInt32(), done.ToInt64(), total.ToInt64())
            : throw new BusFormatException("(ittt)", reply.First.Signature);
    }

    /// <inheritdoc/>
    public Task<DomainJob?> GetCompletedJobAsync(Guid uuid, CancellationToken cancellationToken) =>
        ReadJobAsync(uuid, JobStatsFlags.Completed | JobStatsFlags.KeepCompleted, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DiskError>> GetDiskErrorsAsync(Guid uuid, CancellationToken cancellationToken)
    {
        return CallAsync(uuid, "GetDiskErrors", Errors, cancellationToken, BusValue.UInt32(0));

        static IReadOnlyList<DiskError> Errors(BusReply reply) => [.. reply.First.Items().Select(Error)];

        static DiskError Error(BusValue item) => item.Items() is [var target, var kind]
            ? new DiskError(target.AsString(), (DiskErrorKind)kind.AsInt32())
            : throw new BusFormatException("(si)", item.Signature);
    }

    /// <inheritdoc/>
    public async Task WaitForRebootAsync(Guid uuid, CancellationToken cancellationToken)
    {
        var match = new BusMatch(calls.Service.Name, LibvirtPaths.OfDomain(uuid), Interface, "Reboot");
        await using var signals = await calls.Service.SubscribeAsync(match, cancellationToken);
        await foreach (var _ in calls.Service.ReadAllAsync(signals, cancellationToken))
            return;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<DomainLifecycleEvent> WatchLifecycleAsync(CancellationToken cancellationToken) =>
        new LifecycleWatch(calls, time).ReadAsync(cancellationToken);

    private async Task<DomainJob?> ReadJobAsync(Guid uuid, JobStatsFlags flags, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(uuid, "GetJobStats", JobStats.Read, cancellationToken, BusValue.UInt32((uint)flags));
        }
        catch (AdapterException)
        {
            // A domain that is gone or shut off has no job, and libvirt answers with an error that has no code.
            if (await FindAsync(uuid, cancellationToken) is { IsActive: true })
                throw;
            return null;
        }
    }

    private Task CallAsync(Guid uuid, string member, CancellationToken cancellationToken, params BusValue[] arguments) =>
        calls.CallAsync(LibvirtPaths.OfDomain(uuid), Interface, member, cancellationToken, arguments);

    private Task<T> CallAsync<T>(
        Guid uuid,
        string member,
        Func<BusReply, T> read,
        CancellationToken cancellationToken,
        params BusValue[] arguments) =>
        calls.CallAsync(LibvirtPaths.OfDomain(uuid), Interface, member, read, cancellationToken, arguments);
}
