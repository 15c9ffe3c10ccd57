using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Handover;

/// <summary>What of a running VM makes a handover possible, as the kernel shows it.</summary>
/// <param name="Pid">Its QEMU process.</param>
/// <param name="Ram">The files of the shared memory mount that are its RAM.</param>
/// <param name="GuardedImages">Images that it writes to under a lock that the new QEMU meets as well.</param>
public sealed record SourceRam(int Pid, IReadOnlyList<MappedFile> Ram, IReadOnlyList<string> GuardedImages)
{
    /// <summary>
    /// libvirt's place for the RAM files of one domain: <c>MEMORY_DIR/libvirt/qemu/ID-NAME/BLOCK</c>
    /// (<c>qemuGetMemoryBackingDomainPath</c>). The name may be shortened, so it is taken from the path.
    /// </summary>
    private const string BelowMemoryDirectory = "libvirt/qemu/";

    /// <summary>What keeps its old QEMU from executing again.</summary>
    public HandoverFence Fence => GuardedImages.Count > 0 ? HandoverFence.ImageLock : HandoverFence.SourceEnded;

    /// <summary>Looks at a VM that runs in a generation.</summary>
    /// <param name="kernel">The outer host's kernel.</param>
    /// <param name="side">The generation, with its init and its PID namespace.</param>
    /// <param name="targetInitPid">The init of the generation that it goes to.</param>
    /// <param name="uuid">The VM.</param>
    /// <param name="definition">Its live definition.</param>
    /// <returns>The facts; null with the reason where its RAM cannot be handed over.</returns>
    public static (SourceRam? Facts, string Reason) Look(
        IOuterKernel kernel, (Generation Generation, int InitPid, string PidNamespace) side, int targetInitPid, Guid uuid, VmDefinition definition)
    {
        var pids = kernel.QemuProcesses()
            .Where(process => process.DomainUuid == uuid && string.Equals(process.PidNamespace, side.PidNamespace, StringComparison.Ordinal))
            .Select(static process => process.Pid)
            .ToList();
        if (pids is not [var pid])
            return (null, $"it has {pids.Count} QEMU processes");

        var place = $"{HostImageContract.MemoryOf(side.Generation.Number)}/{BelowMemoryDirectory}";
        var ram = kernel.MappedFiles(pid).Where(file => file.Path.StartsWith(place, StringComparison.Ordinal)).ToList();
        if (ram.Count == 0)
            return (null, "its RAM is no file on the shared memory mount: 'hostctl vm prepare' changes that from its next cold start on");
        if (ram.Find(static file => !file.Shared || file.Path.EndsWith(" (deleted)", StringComparison.Ordinal)) is { } odd)
            return (null, $"its RAM file {odd.Path} is not shared, or has lost its name");
        if (DirectoriesOf(ram).Count != 1)
            return (null, $"its RAM is in several directories: {string.Join(", ", DirectoriesOf(ram))}");

        return (new SourceRam(pid, ram, GuardedImagesOf(kernel, side.InitPid, targetInitPid, definition)), "");
    }

    /// <summary>The part of its directory's name that libvirt makes from the domain's name.</summary>
    public string ShortName => DirectoriesOf(Ram) is [var directory] && Path.GetFileName(directory) is { } name
        ? name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..]
        : throw new InvalidOperationException("facts have one directory");

    /// <summary>Where the same file must be in another generation, where the domain has another id.</summary>
    public string PathIn(int generation, int domainId, MappedFile file) =>
        $"{HostImageContract.MemoryOf(generation)}/{BelowMemoryDirectory}{domainId}-{ShortName}/{Path.GetFileName(file.Path)}";

    private static List<string> DirectoriesOf(IReadOnlyList<MappedFile> files) =>
        [.. files.Select(static file => Path.GetDirectoryName(file.Path)!).Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// A lock belongs to the name that an image was opened by where that is a node of its own, as a block device has one in
    /// each container: then the new QEMU would not meet it.
    /// </summary>
    private static List<string> GuardedImagesOf(IOuterKernel kernel, int initPid, int targetInitPid, VmDefinition definition)
    {
        var guarded = kernel.ExclusiveImages();
        return
        [
            .. definition.Disks
                .Where(static disk => !disk.ReadOnly && !disk.Transient)
                .SelectMany(static disk => disk.Paths.Take(1)) // The image itself; those behind it are only read.
                .Where(path => kernel.Look(initPid, path) is { } here
                    && guarded.Contains((here.Device, here.Inode))
                    && kernel.Look(targetInitPid, path) is { } there
                    && (there.Device, there.Inode) == (here.Device, here.Inode)),
        ];
    }
}
