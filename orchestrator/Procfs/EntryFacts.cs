namespace HostSwap.Orchestrator.Procfs;

/// <summary>What something in a directory is.</summary>
internal enum EntryKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>Anything else: a device, a socket, a pipe.</summary>
    Special,
}

/// <summary>Something in a directory.</summary>
/// <param name="Mode">Its type and permissions (<c>st_mode</c>).</param>
/// <param name="Inode">Its inode.</param>
/// <param name="User">Its owner.</param>
/// <param name="Group">Its group.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Modified">When it was modified last, in nanoseconds since 1970.</param>
internal sealed record EntryFacts(uint Mode, ulong Inode, uint User, uint Group, long Size, long Modified)
{
    private const uint TypeMask = 0xf000; // S_IFMT
    private const uint PermissionMask = 0xfff;

    /// <summary>What it is.</summary>
    public EntryKind Kind => (Mode & TypeMask) switch
    {
        0x8000 => EntryKind.File, // S_IFREG
        0x4000 => EntryKind.Directory, // S_IFDIR
        0xa000 => EntryKind.Link, // S_IFLNK
        _ => EntryKind.Special,
    };

    /// <summary>Its permissions, with the set-user-ID, set-group-ID and sticky bits.</summary>
    public uint Permissions => Mode & PermissionMask;
}
