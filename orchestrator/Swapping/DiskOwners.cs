using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Who owns a VM's files before a move, so that it can be seen, and put right, after it. A libvirt without
/// <c>shared_filesystems</c> (before 11) gives the files of a VM that has left back to root, though the new side's
/// QEMU, which runs as its own user, still needs them.
/// </summary>
public sealed class DiskOwners
{
    private readonly IReadOnlyList<(string Path, FileFacts Facts)> _before;

    private DiskOwners(IReadOnlyList<(string Path, FileFacts Facts)> before) => _before = before;

    /// <summary>Nothing noted.</summary>
    public static DiskOwners None { get; } = new([]);

    /// <summary>Notes the owners of everything that a VM has open, as the old side sees it.</summary>
    public static DiskOwners Note(VmDefinition definition, IOuterKernel kernel, int initPid)
    {
        var noted = new List<(string, FileFacts)>();
        foreach (var path in definition.Disks.SelectMany(disk => disk.Paths).Concat(definition.OtherFiles).Distinct(StringComparer.Ordinal))
        {
            if (kernel.Look(initPid, path) is { } facts)
                noted.Add((path, facts));
        }

        return new DiskOwners(noted);
    }

    /// <summary>Files whose owner has changed since, as the new side sees them.</summary>
    public IReadOnlyList<(string Path, FileFacts Before, FileFacts Now)> Changed(IOuterKernel kernel, int initPid)
    {
        var changed = new List<(string, FileFacts, FileFacts)>();
        foreach (var (path, before) in _before)
        {
            if (kernel.Look(initPid, path) is { } now && now.IsSameFileAs(before) && (now.User != before.User || now.Group != before.Group))
                changed.Add((path, before, now));
        }

        return changed;
    }
}
