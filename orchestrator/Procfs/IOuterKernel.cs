namespace HostSwap.Orchestrator.Procfs;

/// <summary>What the outer host's kernel tells: memory, processors, processes, and what a container sees.</summary>
public interface IOuterKernel
{
    /// <summary>Bytes that can be given to new processes without swapping (<c>MemAvailable</c>).</summary>
    long AvailableMemoryBytes();

    /// <summary>Bytes of RAM in all (<c>MemTotal</c>).</summary>
    long TotalMemoryBytes();

    /// <summary>The kernel's default size of huge pages in bytes (<c>Hugepagesize</c>); null where it has none.</summary>
    long? DefaultHugePageBytes();

    /// <summary>The outer host's mounts.</summary>
    IMounts Mounts { get; }

    /// <summary>Processors that this process may use.</summary>
    int Processors { get; }

    /// <summary>The running kernel's release.</summary>
    string Release { get; }

    /// <summary>Releases of the kernels that are installed on the outer host (<c>/lib/modules</c>).</summary>
    IReadOnlyList<string> InstalledReleases { get; }

    /// <summary>Capabilities that this process could hand on, by Docker's names without <c>CAP_</c>.</summary>
    IReadOnlySet<string> BoundingCapabilities();

    /// <summary>Every QEMU process of the machine that runs a domain.</summary>
    IReadOnlyList<QemuProcess> QemuProcesses();

    /// <summary>The PID namespace of a process, by which containers are told apart; null where the process is gone.</summary>
    string? PidNamespace(int pid);

    /// <summary>Network interfaces of the container whose init is <paramref name="initPid"/>.</summary>
    IReadOnlySet<string> NetworkInterfaces(int initPid);

    /// <summary>
    /// What a path names inside the container whose init is <paramref name="initPid"/>, links followed as that
    /// container would; null where it names nothing.
    /// </summary>
    FileFacts? Look(int initPid, string path);

    /// <summary>
    /// Reads a text file, as of the kernel (<c>/sys</c>, <c>/proc</c>), inside the container whose init is
    /// <paramref name="initPid"/>, links followed as that container would; null where it is not there.
    /// </summary>
    /// <returns>Its text without white space at its ends; what is beyond the limit, in bytes, is left out.</returns>
    string? ReadText(int initPid, string path, int limit = 4096);

    /// <summary>
    /// What a qcow2 image inside the container whose init is <paramref name="initPid"/> is backed by, as it is written in it;
    /// null where it is not there, is none, or is backed by nothing.
    /// </summary>
    string? BackingFile(int initPid, string path);

    /// <summary>What a process has open; empty where it is gone.</summary>
    IReadOnlyList<OpenFile> OpenFiles(int pid);

    /// <summary>Files that a process has mapped, each once; empty where it is gone.</summary>
    IReadOnlyList<MappedFile> MappedFiles(int pid);

    /// <summary>Disk images that a QEMU writes to under a lock that keeps every other QEMU from writing to them.</summary>
    IReadOnlySet<(ulong Device, ulong Inode)> ExclusiveImages();

    /// <summary>
    /// Keeps every QEMU that does not write to an image yet from beginning to, by the lock with which QEMU itself says so.
    /// One that writes goes on.
    /// </summary>
    /// <returns>What ends it; null where there is no such file.</returns>
    /// <exception cref="IOException">The image cannot be opened or locked.</exception>
    IDisposable? HoldImage(int initPid, string path);

    /// <summary>Waits until a process has ended, which the kernel tells at once.</summary>
    /// <returns>True where it has ended, false where <paramref name="limit"/> passed before.</returns>
    Task<bool> WaitForEndAsync(int pid, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Whom the kernel takes a process for when it opens a file; null where it is gone.</summary>
    ProcessUser? UserOf(int pid);

    /// <summary>Gives a file inside a container to another owner, links followed as that container would.</summary>
    void ChangeOwner(int initPid, string path, uint user, uint group);

    /// <summary>
    /// Says why VMs must not be given a block device of the outer host: it is not there, is none, or the outer host has
    /// mounted it, or what is on it, or swaps to it; null where nothing is against it.
    /// </summary>
    string? WhyNotGiven(string device);

    /// <summary>Whether a device node exists on the outer host.</summary>
    bool DeviceExists(string path);
}

/// <summary>A QEMU process.</summary>
/// <param name="Pid">Its id on the outer host.</param>
/// <param name="DomainUuid">The domain that it runs, from its <c>-uuid</c> argument.</param>
/// <param name="PidNamespace">Its PID namespace, which tells the container.</param>
/// <param name="ArrivedByMigration">Whether it was started to receive the domain (<c>-incoming</c>), not to boot it.</param>
public sealed record QemuProcess(int Pid, Guid DomainUuid, string PidNamespace, bool ArrivedByMigration);

/// <summary>A file that a process has open.</summary>
/// <param name="File">The file.</param>
/// <param name="Writable">Whether the process can read and write it.</param>
public sealed record OpenFile(FileFacts File, bool Writable);

/// <summary>A file that a process has mapped into its memory.</summary>
/// <param name="Path">Its path as the process sees it; ends in <c> (deleted)</c> where the name is gone.</param>
/// <param name="Device">The device that it is on, as in <see cref="FileFacts"/>.</param>
/// <param name="Inode">Its inode.</param>
/// <param name="Shared">Whether what is written to the memory is in the file (<c>MAP_SHARED</c>).</param>
public sealed record MappedFile(string Path, ulong Device, ulong Inode, bool Shared);

/// <summary>Whom the kernel takes a process for when it opens a file.</summary>
/// <param name="User">Its user.</param>
/// <param name="Groups">Its groups.</param>
public sealed record ProcessUser(uint User, IReadOnlySet<uint> Groups)
{
    private const uint ReadWrite = 6;

    /// <summary>
    /// Whether it may open a file to read and write, by owner and permissions (path_resolution(7)); root may always.
    /// Access control lists are not looked at.
    /// </summary>
    public bool MayWrite(FileFacts file)
    {
        var shift = User == file.User ? 6 : Groups.Contains(file.Group) ? 3 : 0;
        return User == 0 || ((file.Mode >> shift) & ReadWrite) == ReadWrite;
    }
}

/// <summary>A file: two paths name the same one when device and inode are equal.</summary>
/// <param name="Device">The device that it is on.</param>
/// <param name="Inode">Its inode.</param>
/// <param name="User">Its owner.</param>
/// <param name="Group">Its group.</param>
/// <param name="Mode">Its type and permissions (<c>st_mode</c>).</param>
public sealed record FileFacts(ulong Device, ulong Inode, uint User, uint Group, uint Mode)
{
    private const uint TypeMask = 0xf000; // S_IFMT
    private const uint BlockDevice = 0x6000; // S_IFBLK
    private const uint RegularFile = 0x8000; // S_IFREG

    /// <summary>The device that it stands for where it is a device node.</summary>
    public ulong NamedDevice { get; init; }

    /// <summary>Its length in bytes.</summary>
    public ulong Length { get; init; }

    /// <summary>Whether it is a block device.</summary>
    public bool IsBlockDevice => (Mode & TypeMask) == BlockDevice;

    /// <summary>Whether an image can be in it: it is a regular file or a block device.</summary>
    public bool IsImage => IsBlockDevice || (Mode & TypeMask) == RegularFile;

    /// <summary>Whether both name the same file.</summary>
    public bool IsSameFileAs(FileFacts other) => Device == other.Device && Inode == other.Inode;

    /// <summary>
    /// Whether what is written to one is in the other: the same file, or two nodes of one block device. libvirt gives
    /// each QEMU nodes of its own in a private <c>/dev</c>.
    /// </summary>
    public bool IsSameStorageAs(FileFacts other) => IsBlockDevice
        ? other.IsBlockDevice && NamedDevice == other.NamedDevice
        : IsSameFileAs(other);

    /// <summary>Owner and group as <c>64055:64055</c>.</summary>
    public string Owner => $"{User}:{Group}";
}
