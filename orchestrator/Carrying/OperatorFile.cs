using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Carrying;

/// <summary>A file of the operator's, or a directory with all that is in it, as one generation has it.</summary>
/// <param name="Path">Its path inside of the host container.</param>
/// <param name="Digest">What it consists of, with owners, permissions and times; empty where it is not there.</param>
/// <param name="Problem">Why it cannot be carried; null where nothing was found.</param>
public sealed record OperatorFile(string Path, string Digest, string? Problem)
{
    /// <summary>All of them, as the processes of a container see them.</summary>
    public static IReadOnlyList<OperatorFile> ReadAll(int initPid, IReadOnlyList<string> paths) => [.. paths.Select(path => ReadIn(ContainerFiles.RootOf(initPid), path))];

    /// <summary>One, below a directory as if that were the root. Links on the way to it are not followed.</summary>
    internal static OperatorFile ReadIn(string root, string path)
    {
        try
        {
            if (LinkOnTheWay(root, path) is { } link)
                return new OperatorFile(path, "", $"{link} is a link; name the file by the path that it leads to");
            using var directory = OpenParent(root, path);
            return new OperatorFile(path, directory is null ? "" : DigestOf(directory, path) ?? "", Problem: null);
        }
        catch (IOException exception)
        {
            return new OperatorFile(path, "", exception.Message);
        }
    }

    /// <summary>Has one be in another place what it is in the first; what is there besides, below a directory, is removed.</summary>
    /// <exception cref="IOException">It cannot be copied, or is not what it should be afterwards.</exception>
    internal static void Carry(string from, string to, string path)
    {
        using var source = OpenParent(from, path) ?? throw new IOException($"{path} is gone");
        EnsureParents(from, to, path);
        using var target = OpenParent(to, path) ?? throw new IOException($"a link is on the way to {path}");
        FileTree.Mirror(source, NameOf(path), target, NameOf(path), OfTheImageIn(path));
        if (!string.Equals(DigestOf(source, path), DigestOf(target, path), StringComparison.Ordinal))
            throw new IOException($"{path} is not the same after it was copied");
    }

    /// <summary>One in which there is nothing but what is the image's is none.</summary>
    private static string? DigestOf(HeldDirectory directory, string path)
    {
        var except = OfTheImageIn(path);
        if (except is not null)
        {
            using var inside = directory.TryEnter(NameOf(path));
            if (inside is null || inside.Names.All(name => string.Equals(name, except, StringComparison.Ordinal)))
                return null;
        }

        return FileTree.Digest(directory, NameOf(path), except);
    }

    /// <summary>Debian 12's mdevctl has its own scripts among the definitions.</summary>
    private static string? OfTheImageIn(string path) => path is CarrySettings.NodeDevices ? "scripts.d" : null;

    private static string NameOf(string path) => System.IO.Path.GetFileName(path);

    private static HeldDirectory? OpenParent(string root, string path) =>
        HeldDirectory.TryOpen(root, System.IO.Path.GetDirectoryName(path)!.TrimStart('/') is { Length: > 0 } parent ? parent : ".");

    private static string? LinkOnTheWay(string root, string path)
    {
        var directory = HeldDirectory.TryOpen(root, ".");
        var walked = "";
        try
        {
            foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries)[..^1])
            {
                walked = $"{walked}/{part}";
                if (directory?.Look(part) is { Kind: EntryKind.Link })
                    return walked;
                var inside = directory?.TryEnter(part);
                directory?.Dispose();
                directory = inside;
            }
        }
        finally
        {
            directory?.Dispose();
        }

        return null;
    }

    /// <summary>Directories that the new image does not have are made as they are in the old one.</summary>
    private static void EnsureParents(string from, string to, string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries)[..^1];
        for (var depth = 1; depth <= parts.Length; depth++)
        {
            var parent = "/" + string.Join('/', parts[..depth]);
            using var there = OpenParent(to, parent);
            if (there is null || there.Look(parts[depth - 1]) is not null)
                continue;
            using var here = OpenParent(from, parent);
            var facts = here?.Look(parts[depth - 1]) ?? throw new IOException($"{parent} is gone");
            there.Make(parts[depth - 1]).Dispose();
            there.Describe(parts[depth - 1], facts);
        }
    }
}
