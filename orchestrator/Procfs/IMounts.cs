namespace HostSwap.Orchestrator.Procfs;

/// <summary>The mounts that this process sees, which are the outer host's own.</summary>
public interface IMounts
{
    /// <summary>Every mount, in the order in which they were made.</summary>
    IReadOnlyList<MountEntry> List();

    /// <summary>Mounts a file system of the kernel's own (tmpfs, hugetlbfs), without devices, programs or set-user-id in it.</summary>
    /// <param name="fileSystem">Its type.</param>
    /// <param name="target">An existing directory.</param>
    /// <param name="options">Its own options, separated by commas (mount(2), <c>data</c>).</param>
    /// <exception cref="IOException">The kernel refused; the message holds its reason.</exception>
    void Mount(string fileSystem, string target, string options);

    /// <summary>Changes the options of what <see cref="Mount"/> has mounted. Not every file system takes them over: look afterwards.</summary>
    /// <exception cref="IOException">The kernel refused; the message holds its reason.</exception>
    void Remount(string target, string options);

    /// <summary>Unmounts what was mounted last on a directory.</summary>
    /// <exception cref="IOException">The kernel refused; the message holds its reason.</exception>
    void Unmount(string target);

    /// <summary>How full a mounted file system is.</summary>
    MountUse Use(string target);
}

/// <summary>How full a file system is.</summary>
/// <param name="SizeBytes">The most that it may hold.</param>
/// <param name="UsedBytes">What it holds.</param>
public sealed record MountUse(long SizeBytes, long UsedBytes);
