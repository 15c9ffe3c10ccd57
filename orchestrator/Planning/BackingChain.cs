using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Planning;

/// <summary>
/// The images that a disk is made of. The definition of a VM that runs tells them all, since libvirt adds them; that of one
/// that is shut off may name the first alone, and the others are then read out of the images, as its start will.
/// </summary>
internal static class BackingChain
{
    /// <summary>Longer than any that libvirt takes (it stops at 200 layers).</summary>
    private const int MaximumDepth = 200;

    /// <summary>What QEMU takes for a protocol, and not for a path.</summary>
    private static readonly string[] PathPrefixes = ["file:", "json:", "nbd:", "nbd+", "http:", "https:", "ftp:", "ssh:", "rbd:", "gluster", "iscsi:", "nfs:"];

    /// <summary>Their paths, the disk's own first, as one generation sees them.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="kernel">Looks into images.</param>
    /// <param name="initPid">The generation's init.</param>
    public static IReadOnlyList<string> Of(DiskDefinition disk, IOuterKernel kernel, int initPid)
    {
        // What is called raw is never looked into: its guest may have written there what it wants to be read.
        if (disk.Paths is not [.., var last] || disk.Format is not "qcow2")
            return disk.Paths;
        var paths = disk.Paths.ToList();
        while (paths.Count < MaximumDepth && kernel.BackingFile(initPid, last) is { } named && Resolve(last, named) is { } next && !paths.Contains(next, StringComparer.Ordinal))
        {
            paths.Add(next);
            last = next;
        }

        return paths;
    }

    /// <summary>A relative one begins where the image that names it is; null for what is no path.</summary>
    private static string? Resolve(string image, string named)
    {
        if (named.StartsWith("file:", StringComparison.Ordinal) && !named.StartsWith("file://", StringComparison.Ordinal))
            named = named["file:".Length..];
        return Array.Exists(PathPrefixes, prefix => named.StartsWith(prefix, StringComparison.Ordinal))
            ? null
            : Path.GetFullPath(named, Path.GetDirectoryName(image) ?? "/");
    }
}
