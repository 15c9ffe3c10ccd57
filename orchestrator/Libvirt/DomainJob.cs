namespace HostSwap.Orchestrator.Libvirt;

/// <summary>Statistics of a domain job (<c>virDomainGetJobStats</c>); sizes in bytes, rates in bytes a second.</summary>
/// <param name="Kind">libvirt's <c>virDomainJobType</c>.</param>
/// <param name="Elapsed">Time since the job began.</param>
/// <param name="Downtime">Time for which the guest stood still: an estimate while running, measured once completed.</param>
/// <param name="DataTotal">Bytes in all.</param>
/// <param name="DataProcessed">Bytes moved so far.</param>
/// <param name="DataRemaining">Bytes still to be moved.</param>
/// <param name="MemoryBytesPerSecond">Current speed.</param>
/// <param name="DirtyBytesPerSecond">How fast the guest dirties memory.</param>
/// <param name="Iteration">Pre-copy pass, from 1.</param>
/// <param name="SetupTime">Time that QEMU's set-up of the migration took.</param>
public sealed record DomainJob(
    DomainJobKind Kind,
    TimeSpan Elapsed,
    TimeSpan? Downtime,
    long DataTotal,
    long DataProcessed,
    long DataRemaining,
    long MemoryBytesPerSecond,
    long DirtyBytesPerSecond,
    int Iteration,
    TimeSpan? SetupTime)
{
    /// <summary>By how many per cent QEMU throttles the guest's CPUs so that it dirties less (auto-converge); 0 for not.</summary>
    public int ThrottlePercent { get; init; }

    /// <summary>What it does; <see cref="DomainJobOperation.Unknown"/> where libvirt does not say.</summary>
    public DomainJobOperation Operation { get; init; }

    /// <summary>Whether it goes on.</summary>
    public bool Runs => Kind is DomainJobKind.Bounded or DomainJobKind.Unbounded;
}

/// <summary>libvirt's <c>virDomainJobOperation</c>.</summary>
public enum DomainJobOperation
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>It is being started.</summary>
    Start = 1,

    /// <summary>It is being saved to a file.</summary>
    Save = 2,

    /// <summary>It is being restored from a file.</summary>
    Restore = 3,

    /// <summary>It is being migrated to this host.</summary>
    MigrationIn = 4,

    /// <summary>It is being migrated from this host.</summary>
    MigrationOut = 5,

    /// <summary>A snapshot is being taken.</summary>
    Snapshot = 6,

    /// <summary>A snapshot is being reverted to.</summary>
    SnapshotRevert = 7,

    /// <summary>Its memory is being dumped.</summary>
    Dump = 8,

    /// <summary>A backup is being made of its disks.</summary>
    Backup = 9,

    /// <summary>A snapshot is being deleted.</summary>
    SnapshotDelete = 10,
}

/// <summary>A job of one disk (<c>virDomainBlockJobInfo</c>).</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Done">How much of <paramref name="Total"/> is done, in units of QEMU's own.</param>
/// <param name="Total">How much there is to do; 0 where that is not known yet.</param>
public sealed record BlockJob(BlockJobKind Kind, long Done, long Total);

/// <summary>libvirt's <c>virDomainBlockJobType</c>.</summary>
public enum BlockJobKind
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>The image takes over what it is backed by.</summary>
    Pull = 1,

    /// <summary>The disk is mirrored to another place.</summary>
    Copy = 2,

    /// <summary>An image below the top one is merged into what it is backed by.</summary>
    Commit = 3,

    /// <summary>The top image is merged into what it is backed by.</summary>
    ActiveCommit = 4,

    /// <summary>A backup is being made.</summary>
    Backup = 5,
}

/// <summary>libvirt's <c>virDomainJobType</c>.</summary>
public enum DomainJobKind
{
    /// <summary>No job.</summary>
    None = 0,

    /// <summary>A job whose end can be told.</summary>
    Bounded = 1,

    /// <summary>A job whose end cannot be told, such as a migration.</summary>
    Unbounded = 2,

    /// <summary>Completed.</summary>
    Completed = 3,

    /// <summary>Failed.</summary>
    Failed = 4,

    /// <summary>Cancelled.</summary>
    Cancelled = 5,
}
