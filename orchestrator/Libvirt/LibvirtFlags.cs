namespace HostSwap.Orchestrator.Libvirt;

/// <summary><c>virDomainMigrateFlags</c>, those that hostswap uses.</summary>
[Flags]
internal enum MigrateFlags : uint
{
    None = 0,
    Live = 1 << 0,
    Peer2Peer = 1 << 1,
    PersistDest = 1 << 3,
    UndefineSource = 1 << 4,
    Paused = 1 << 5,
    Unsafe = 1 << 9,
    AbortOnError = 1 << 12,
    AutoConverge = 1 << 13,
    PostCopy = 1 << 15,
    Parallel = 1 << 17,

    /// <summary>Since libvirt 8.5.</summary>
    PostCopyResume = 1 << 19,
}

/// <summary><c>virDomainXMLFlags</c>.</summary>
[Flags]
internal enum DomainXmlFlags : uint
{
    None = 0,
    Secure = 1 << 0,
    Inactive = 1 << 1,
    Migratable = 1 << 3,
}

/// <summary><c>virDomainUndefineFlagsValues</c>.</summary>
[Flags]
internal enum UndefineFlags : uint
{
    None = 0,
    ManagedSave = 1 << 0,
    KeepNvram = 1 << 3,

    /// <summary>Since libvirt 8.9.</summary>
    KeepTpm = 1 << 6,
}

/// <summary><c>virDomainGetJobStatsFlags</c>.</summary>
[Flags]
internal enum JobStatsFlags : uint
{
    None = 0,
    Completed = 1 << 0,

    /// <summary>Since libvirt 6.0. Without it, reading the completed statistics deletes them.</summary>
    KeepCompleted = 1 << 1,
}
