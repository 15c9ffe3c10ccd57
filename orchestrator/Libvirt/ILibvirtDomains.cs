namespace HostSwap.Orchestrator.Libvirt;

/// <summary>The domains of one libvirt host. Domains are named by UUID, since names may be hostile or reused.</summary>
public interface ILibvirtDomains
{
    /// <summary>Lists all domains, active or not.</summary>
    Task<IReadOnlyList<DomainRecord>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Finds one domain; null where this host has none of that UUID.</summary>
    Task<DomainRecord?> FindAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>Reads a domain's XML; secrets in it (VNC passwords) are included, since it may be defined elsewhere.</summary>
    Task<string> GetXmlAsync(Guid uuid, DomainXml kind, CancellationToken cancellationToken);

    /// <summary>Defines a domain persistently; returns its UUID.</summary>
    Task<Guid> DefineAsync(string xml, CancellationToken cancellationToken);

    /// <summary>Removes a persistent definition, keeping NVRAM and vTPM state. Of an active domain it leaves a transient one.</summary>
    Task UndefineAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>The same of one that has a managed save image, which libvirt removes before.</summary>
    Task UndefineSavedAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>Says whether libvirt starts the domain when the daemon starts.</summary>
    Task SetAutostartAsync(Guid uuid, bool autostart, CancellationToken cancellationToken);

    /// <summary>Starts a defined domain.</summary>
    Task StartAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>Starts a transient domain, of which nothing is left once it has ended (<c>virDomainCreateXML</c>).</summary>
    Task CreateAsync(string xml, CancellationToken cancellationToken);

    /// <summary>Has a paused domain go on (<c>virDomainResume</c>).</summary>
    Task ResumeAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>
    /// Asks a domain's guest to shut down, and returns once it is asked (<c>virDomainShutdownFlags</c>): by its agent where that is
    /// connected, and by the power button where it is not, or does not answer.
    /// </summary>
    /// <param name="uuid">The domain.</param>
    /// <param name="byButton">By the power button alone.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task ShutdownAsync(Guid uuid, bool byButton, CancellationToken cancellationToken);

    /// <summary>
    /// Saves a running or paused domain to its managed save image, and ends its QEMU (<c>virDomainManagedSave</c>): its next start
    /// restores it, and lets it run where it ran. Returns when it is saved; on an error it goes on. The caller watches the job, as
    /// for <see cref="MigrateAsync"/>.
    /// </summary>
    Task ManagedSaveAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>
    /// Asks a running domain's guest to let go of a device (<c>virDomainDetachDeviceFlags</c>, of what runs alone), and returns once
    /// it is asked: it has let go when the device is gone from the domain's live XML.
    /// </summary>
    Task DetachDeviceAsync(Guid uuid, string device, CancellationToken cancellationToken);

    /// <summary>Gives a device to a running domain (<c>virDomainAttachDeviceFlags</c>, to what runs alone).</summary>
    Task AttachDeviceAsync(Guid uuid, string device, CancellationToken cancellationToken);

    /// <summary>Ends a domain's QEMU at once, as pulling its plug would; its definition stays (<c>virDomainDestroy</c>).</summary>
    Task DestroyAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>Names of the domain's snapshots.</summary>
    Task<IReadOnlyList<string>> ListSnapshotsAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>Everything that libvirt knows of the domain's snapshots; passwords in them are included.</summary>
    Task<IReadOnlyList<SnapshotRecord>> ReadSnapshotsAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>
    /// Has libvirt forget a snapshot, whose disks and memory stay as they are
    /// (<c>VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY</c>); its children become those of its parent.
    /// </summary>
    Task ForgetSnapshotAsync(Guid uuid, string name, CancellationToken cancellationToken);

    /// <summary>
    /// Has libvirt know a snapshot again that it once described so (<c>VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE</c>); a parent that
    /// it names must be known.
    /// </summary>
    Task RedefineSnapshotAsync(Guid uuid, string xml, bool current, CancellationToken cancellationToken);

    /// <summary>
    /// Migrates a domain peer to peer. The call returns when libvirt has finished or given up; whether the domain
    /// arrived must be observed on both sides all the same. Cancelling stops waiting, not the migration: that is
    /// <see cref="AbortJobAsync"/>. There is no limit of its own: the caller watches the job.
    /// </summary>
    /// <exception cref="Errors.AdapterException">
    /// libvirt gave up, or the connection was lost. After a restart of libvirt-dbus the migration goes on without it
    /// (seen on libvirt 9.0), so <see cref="GetJobAsync"/> has to say that none runs before either side is judged.
    /// </exception>
    Task MigrateAsync(Guid uuid, MigrationRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Says for how long QEMU may let the guest stand still at the end of a migration: it goes on copying until what is
    /// left can be sent in that time (<c>virDomainMigrateSetMaxDowntime</c>; milliseconds). Its default is 300 ms.
    /// </summary>
    Task SetMaxDowntimeAsync(Guid uuid, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>
    /// Limits the bandwidth of the domain's migration, in mid-migration as well (<c>virDomainMigrateSetMaxSpeed</c>; MiB a
    /// second); null for libvirt's own limit, which is none. QEMU's post-copy phase has a limit of its own.
    /// </summary>
    Task SetMaxSpeedAsync(Guid uuid, long? limit, CancellationToken cancellationToken);

    /// <summary>
    /// Switches a migration that was begun with <see cref="PostCopyUse.Allowed"/> over to post-copy. Returns when QEMU has
    /// been told; from then on it cannot be aborted.
    /// </summary>
    Task StartPostCopyAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>
    /// Stops the domain's CPUs. In mid-migration libvirt lets them run again where it ends, on whichever side
    /// (<c>qemuMigrationSrcRestoreDomainState</c>; the finish phase was told before that it ran).
    /// </summary>
    Task SuspendAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>Aborts the domain's running job; the domain stays where it is. No error where none runs.</summary>
    Task AbortJobAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>
    /// Statistics of the job that runs now; null where none runs or the domain is not here. Ask the source: libvirt
    /// refuses to tell the target of a migration. Until QEMU has begun to send, only the kind and the elapsed time are set.
    /// </summary>
    Task<DomainJob?> GetJobAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>The job that runs on a disk of an active domain; null where none does, or the domain is not active here.</summary>
    /// <param name="uuid">The domain.</param>
    /// <param name="disk">The disk, as in <c>vda</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<BlockJob?> GetBlockJobAsync(Guid uuid, string disk, CancellationToken cancellationToken);

    /// <summary>
    /// Statistics of the last completed job; after a migration the destination has them, with the downtime.
    /// libvirt forgets them at the next job, and they are kept when read.
    /// </summary>
    Task<DomainJob?> GetCompletedJobAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>
    /// Disks of an active domain on which QEMU has met an I/O error that still holds it up
    /// (<c>virDomainGetDiskErrors</c>); empty where there are none.
    /// </summary>
    Task<IReadOnlyList<DiskError>> GetDiskErrorsAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>
    /// Waits until a domain's guest reboots inside its QEMU (<c>VIR_DOMAIN_EVENT_ID_REBOOT</c>, which QEMU's reset
    /// sends), which no state shows. A hint as the lifecycle events are: one during a restart of libvirt is missed.
    /// </summary>
    Task WaitForRebootAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>
    /// Streams lifecycle events from the moment the returned sequence is enumerated, until cancelled. They are hints
    /// to look: those of the second after a restart of libvirtd or libvirt-dbus are lost.
    /// </summary>
    /// <exception cref="Errors.AdapterException">The bus went away, as it does when the host container stops.</exception>
    IAsyncEnumerable<DomainLifecycleEvent> WatchLifecycleAsync(CancellationToken cancellationToken);
}

/// <summary>Which XML of a domain.</summary>
public enum DomainXml
{
    /// <summary>What runs now (of a shut off domain: its definition).</summary>
    Live,

    /// <summary>What the next cold start will use; only a persistent domain has it.</summary>
    Inactive,

    /// <summary>
    /// What the next cold start will use, in the form in which an older libvirt understands it as well
    /// (<c>VIR_DOMAIN_XML_MIGRATABLE</c>): without what this libvirt has added of its own accord, such as the watchdog
    /// that is built into every q35 machine, which libvirt 9.0 refuses to be told of.
    /// </summary>
    Portable,

    /// <summary>What runs now, as libvirt itself would send it to the other side of a migration.</summary>
    Migratable,
}

/// <summary>libvirt's <c>virDomainState</c>.</summary>
public enum DomainState
{
    /// <summary>No state known.</summary>
    None = 0,

    /// <summary>Running.</summary>
    Running = 1,

    /// <summary>Blocked on a resource.</summary>
    Blocked = 2,

    /// <summary>Paused; its QEMU exists, its CPUs stand still.</summary>
    Paused = 3,

    /// <summary>Being shut down; its QEMU still exists.</summary>
    ShuttingDown = 4,

    /// <summary>Shut off: no QEMU.</summary>
    ShutOff = 5,

    /// <summary>Crashed.</summary>
    Crashed = 6,

    /// <summary>Suspended by the guest's power management.</summary>
    PmSuspended = 7,
}

/// <summary>One domain as libvirt sees it at one moment.</summary>
/// <param name="Uuid">The domain's UUID, the same on every host.</param>
/// <param name="Name">Its name: untrusted text.</param>
/// <param name="State">Its state.</param>
/// <param name="StateReason">libvirt's reason code, whose meaning depends on the state (<c>virDomainPausedReason</c> …).</param>
/// <param name="Persistent">Whether it has a persistent definition here.</param>
/// <param name="Autostart">Whether libvirt starts it by itself.</param>
public sealed record DomainRecord(
    Guid Uuid, string Name, DomainState State, int StateReason, bool Persistent, bool Autostart)
{
    /// <summary>Whether a QEMU process exists for it.</summary>
    public bool IsActive => IsActiveIn(State);

    /// <summary>Whether a domain in that state has a QEMU (<c>virDomainIsActive</c>).</summary>
    public static bool IsActiveIn(DomainState state) => state is not (DomainState.ShutOff or DomainState.Crashed or DomainState.None);

    /// <summary>
    /// What its state says of post-copy: <c>VIR_DOMAIN_RUNNING_POSTCOPY</c> and <c>…_FAILED</c>,
    /// <c>VIR_DOMAIN_PAUSED_POSTCOPY</c> and <c>…_FAILED</c> (libvirt-domain.h).
    /// </summary>
    public PostCopyPhase PostCopy => (State, StateReason) switch
    {
        (DomainState.Running, 10) or (DomainState.Paused, 12) => PostCopyPhase.UnderWay,
        (DomainState.Running, 11) or (DomainState.Paused, 13) => PostCopyPhase.Broken,
        _ => PostCopyPhase.None,
    };
}

/// <summary>A snapshot of a domain as libvirt knows it.</summary>
/// <param name="Name">Its name: untrusted text.</param>
/// <param name="Parent">The snapshot that it was taken after; null for a first one.</param>
/// <param name="Current">Whether it is the one that the next is taken after.</param>
/// <param name="Xml">libvirt's whole description.</param>
public sealed record SnapshotRecord(string Name, string? Parent, bool Current, string Xml);

/// <summary>What a migration shall do (<c>virDomainMigrateToURI3</c>).</summary>
/// <param name="DestinationUri">libvirt URI of the other side as seen from the source's libvirtd.</param>
/// <param name="MigrateUri">Where the RAM goes: <c>unix:///path</c>; the path must be reachable from both sides.</param>
/// <param name="Persistent">Define it persistently there and undefine it here.</param>
/// <param name="Unsafe">Skip libvirt's check for shared storage; only for a source that has no <c>shared_filesystems</c>.</param>
/// <param name="AutoConverge">Throttle a guest that dirties memory faster than it is sent.</param>
/// <param name="BandwidthMiBPerSecond">Limit; null leaves libvirt's own.</param>
/// <param name="ParallelConnections">multifd connections; null or 1 means a single stream.</param>
public sealed record MigrationRequest(
    string DestinationUri,
    string MigrateUri,
    bool Persistent,
    bool Unsafe,
    bool AutoConverge,
    long? BandwidthMiBPerSecond,
    int? ParallelConnections)
{
    /// <summary>Whether it may become, or continues, a post-copy migration.</summary>
    public PostCopyUse PostCopy { get; init; }

    /// <summary>What the other side is to run in place of what libvirt would send it (<c>VIR_MIGRATE_PARAM_DEST_XML</c>); null for that.</summary>
    public string? DestinationXml { get; init; }

    /// <summary>The same of what the next cold start there will use (<c>VIR_MIGRATE_PARAM_PERSIST_XML</c>).</summary>
    public string? PersistentXml { get; init; }

    /// <summary>Whether it is left paused there (<c>VIR_MIGRATE_PAUSED</c>).</summary>
    public bool ArrivesPaused { get; init; }
}

/// <summary>What a migration has to do with post-copy.</summary>
public enum PostCopyUse
{
    /// <summary>Nothing: it could not be switched over to it.</summary>
    Never,

    /// <summary>It can be switched over to it (<c>VIR_MIGRATE_POSTCOPY</c>): both QEMUs must be told so before they begin.</summary>
    Allowed,

    /// <summary>It mends one that broke in its post-copy phase (<c>VIR_MIGRATE_POSTCOPY_RESUME</c>, since libvirt 8.5).</summary>
    Resume,
}

/// <summary>What a domain's state says of a post-copy migration of it.</summary>
public enum PostCopyPhase
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>One goes on: its memory is in part on either side, and only the receiving side may run.</summary>
    UnderWay,

    /// <summary>One has broken off: what has not come is missing. It runs, or stands, until it needs that.</summary>
    Broken,
}

/// <summary>A disk with an I/O error.</summary>
/// <param name="Target">The disk, as in <c>vda</c>.</param>
/// <param name="Kind">The error.</param>
public sealed record DiskError(string Target, DiskErrorKind Kind);

/// <summary>libvirt's <c>virDomainDiskErrorCode</c>.</summary>
public enum DiskErrorKind
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>An I/O error of unknown kind.</summary>
    Unspecified = 1,

    /// <summary>No space is left where the image is.</summary>
    NoSpace = 2,
}

/// <summary>A lifecycle event (<c>virDomainEventType</c> with its detail).</summary>
public sealed record DomainLifecycleEvent(Guid Uuid, DomainEvent Event, int Detail);

/// <summary>libvirt's <c>virDomainEventType</c>.</summary>
public enum DomainEvent
{
    /// <summary>Defined, or its definition changed.</summary>
    Defined = 0,

    /// <summary>Undefined.</summary>
    Undefined = 1,

    /// <summary>Started.</summary>
    Started = 2,

    /// <summary>Suspended.</summary>
    Suspended = 3,

    /// <summary>Resumed.</summary>
    Resumed = 4,

    /// <summary>Stopped.</summary>
    Stopped = 5,

    /// <summary>Shut down by the guest.</summary>
    Shutdown = 6,

    /// <summary>Suspended by the guest's power management.</summary>
    PmSuspended = 7,

    /// <summary>Crashed.</summary>
    Crashed = 8,
}
