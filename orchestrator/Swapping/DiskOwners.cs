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
    private readonly IReadOnlyList<NotedFile> _before;

    private DiskOwners(IReadOnlyList<NotedFile> before) => _before = before;

    /// <summary>Nothing noted.</summary>
    public static DiskOwners None { get; } = new([]);

    /// <summary>Whether nothing is noted.</summary>
    public bool IsEmpty => _before.Count == 0;

    /// <summary>What is noted.</summary>
    internal IReadOnlyList<NotedFile> Files => _before;

    /// <summary>From what the journal has kept.</summary>
    internal static DiskOwners Of(IReadOnlyList<NotedFile> files) => new(files);

    /// <summary>Notes the owners of everything that a VM has open, as the old side sees it.</summary>
    /// <param name="definition">The VM.</param>
    /// <param name="kernel">Looks at files.</param>
    /// <param name="initPid">The old side's init.</param>
    /// <param name="earlier">What was noted before an earlier move: of the same file it is that which counts.</param>
    public static DiskOwners Note(VmDefinition definition, IOuterKernel kernel, int initPid, DiskOwners earlier)
    {
        var noted = new List<NotedFile>();
        foreach (var path in definition.Disks.SelectMany(disk => disk.Paths).Concat(definition.OtherFiles).Distinct(StringComparer.Ordinal))
        {
            if (kernel.Look(initPid, path) is not { } facts)
                continue;
            var known = earlier._before.FirstOrDefault(file => string.Equals(file.Path, path, StringComparison.Ordinal) && file.Facts.IsSameFileAs(facts));
            noted.Add(known ?? new NotedFile(path, facts));
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

/// <summary>A file as it was before a move.</summary>
/// <param name="Path">Its path in the generation.</param>
/// <param name="Facts">What it was.</param>
internal sealed record NotedFile(string Path, FileFacts Facts);
