using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HostSwap.Orchestrator.Procfs;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Carrying;

/// <summary>
/// A file, a link, or a directory with all that is in it, copied so that the copy is there whole after a power cut, and told
/// by what it consists of. Errors are <see cref="IOException"/>.
/// </summary>
internal static class FileTree
{
    /// <summary>Deeper ones are somebody's trap: each level holds a directory open.</summary>
    private const int MaximumDepth = 32;

    private const int Chunk = 1 << 20;

    /// <summary>
    /// What changes with every change of it and costs no reading: inodes, sizes and times. Null where it is not there.
    /// </summary>
    public static string? Stamp(HeldDirectory directory, string name)
    {
        if (directory.Look(name) is null)
            return null;
        var stamp = new StringBuilder();
        Walk(directory, name, (_, _, path, facts) => stamp.Append(CultureInfo.InvariantCulture, $"{path}\0{facts.Inode}:{facts.Size}:{facts.Modified}\n"));
        return Hash(stamp);
    }

    /// <summary>What it consists of: names, kinds, owners, permissions, times and contents. Null where it is not there.</summary>
    /// <param name="directory">Where it is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="except">Of a directory, an entry that does not count.</param>
    /// <param name="stop">Interrupts.</param>
    public static string? Digest(HeldDirectory directory, string name, string? except = null, CancellationToken stop = default)
    {
        if (directory.Look(name) is null)
            return null;
        var digest = new StringBuilder();
        Walk(directory, name, (place, entry, path, facts) => digest.Append(Line(path, facts, ContentOf(place, entry, facts, stop))), except);
        return Hash(digest);
    }

    /// <summary>The bytes that its files have together.</summary>
    public static long SizeOf(HeldDirectory directory, string name)
    {
        var size = 0L;
        if (directory.Look(name) is not null)
            Walk(directory, name, (_, _, _, facts) => size += facts.Kind == EntryKind.File ? facts.Size : 0);
        return size;
    }

    /// <summary>Copies it to a name that nothing has, with owners, permissions, times and links.</summary>
    /// <returns>The digest of what was read, which that of the copy must equal.</returns>
    public static string Copy(HeldDirectory from, string name, HeldDirectory to, string newName, CancellationToken stop)
    {
        var digest = new StringBuilder();
        Copy(from, name, to, newName, ".", digest, 0, stop);
        to.Sync();
        return Hash(digest);
    }

    /// <summary>Has something be in another place what it is in the first, whatever is there; what is the same stays.</summary>
    /// <param name="from">Where it is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="to">Where it is to be.</param>
    /// <param name="newName">Its name there.</param>
    /// <param name="except">Of a directory, an entry that each place keeps for itself.</param>
    public static void Mirror(HeldDirectory from, string name, HeldDirectory to, string newName, string? except = null)
    {
        Mirror(from, name, to, newName, except, 0);
        to.Sync();
    }

    private static void Mirror(HeldDirectory from, string name, HeldDirectory to, string newName, string? except, int depth)
    {
        var (facts, there) = (Facts(from, name, depth), to.Look(newName));
        if (facts.Kind != EntryKind.Directory)
        {
            ReplaceOne(from, name, to, newName, there);
            return;
        }

        if (there is { Kind: not EntryKind.Directory })
            to.Remove(newName);
        using var inside = from.TryEnter(name) ?? throw Gone(from, name);
        using var target = there is { Kind: EntryKind.Directory } ? to.TryEnter(newName) ?? throw Gone(to, newName) : to.Make(newName);
        var wanted = But(inside, except).ToList();
        foreach (var extra in But(target, except).Except(wanted, StringComparer.Ordinal))
            target.Remove(extra);
        foreach (var entry in wanted)
            Mirror(inside, entry, target, entry, except: null, depth + 1);
        to.Describe(newName, facts);
        target.Sync();
    }

    /// <summary>A file or a link, in one step.</summary>
    private static void ReplaceOne(HeldDirectory from, string name, HeldDirectory to, string newName, EntryFacts? there)
    {
        const string Arriving = ".hostswap-arriving";
        if (there is not null && string.Equals(Digest(from, name), Digest(to, newName), StringComparison.Ordinal))
            return;
        to.Remove(Arriving);
        Copy(from, name, to, Arriving, CancellationToken.None);
        if (there is { Kind: EntryKind.Directory })
            to.Remove(newName);
        to.Rename(Arriving, to, newName);
    }

    private static void Walk(HeldDirectory directory, string name, Action<HeldDirectory, string, string, EntryFacts> visit, string? except = null) =>
        Walk(directory, name, ".", visit, except, 0);

    private static void Walk(HeldDirectory directory, string name, string path, Action<HeldDirectory, string, string, EntryFacts> visit, string? except, int depth)
    {
        var facts = Facts(directory, name, depth);
        visit(directory, name, path, facts);
        if (facts.Kind != EntryKind.Directory)
            return;
        using var inside = directory.TryEnter(name) ?? throw Gone(directory, name);
        foreach (var entry in But(inside, except))
            Walk(inside, entry, $"{path}/{entry}", visit, except: null, depth + 1);
    }

    private static IEnumerable<string> But(HeldDirectory directory, string? except) => directory.Names.Where(name => !string.Equals(name, except, StringComparison.Ordinal));

    private static void Copy(HeldDirectory from, string name, HeldDirectory to, string newName, string path, StringBuilder digest, int depth, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var facts = Facts(from, name, depth);
        switch (facts.Kind)
        {
            case EntryKind.File:
                digest.Append(Line(path, facts, CopyFile(from, name, to, newName, facts, stop)));
                break;
            case EntryKind.Link:
                var target = from.ReadLink(name);
                to.MakeLink(newName, target);
                to.Describe(newName, facts);
                digest.Append(Line(path, facts, target));
                break;
            default:
                digest.Append(Line(path, facts, ""));
                using (var inside = from.TryEnter(name) ?? throw Gone(from, name))
                using (var made = to.Make(newName))
                {
                    foreach (var entry in inside.Names)
                        Copy(inside, entry, made, entry, $"{path}/{entry}", digest, depth + 1, stop);
                    to.Describe(newName, facts);
                    made.Sync();
                }

                break;
        }
    }

    /// <returns>The hash of its content.</returns>
    private static string CopyFile(HeldDirectory from, string name, HeldDirectory to, string newName, EntryFacts facts, CancellationToken stop)
    {
        using var source = from.OpenToRead(name) ?? throw Gone(from, name);
        using var copy = to.CreateFile(newName);
        var content = Read(
            source,
            (bytes, offset) =>
            {
                // What is nothing but zeros takes no room there, as where it is a hole here.
                if (bytes.IndexOfAnyExcept((byte)0) >= 0)
                    RandomAccess.Write(copy, bytes, offset);
            },
            stop);
        RandomAccess.SetLength(copy, facts.Size);
        to.Describe(newName, facts);
        RandomAccess.FlushToDisk(copy);
        return content;
    }

    private static string ContentOf(HeldDirectory directory, string name, EntryFacts facts, CancellationToken stop)
    {
        switch (facts.Kind)
        {
            case EntryKind.Link:
                return directory.ReadLink(name);
            case EntryKind.File:
                using (var file = directory.OpenToRead(name) ?? throw Gone(directory, name))
                    return Read(file, static (_, _) => { }, stop);
            default:
                return "";
        }
    }

    private static string Read(SafeFileHandle file, SpanAction take, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Chunk];
        for (var offset = 0L; ;)
        {
            stop.ThrowIfCancellationRequested();
            var count = RandomAccess.Read(file, buffer, offset);
            if (count == 0)
                return Convert.ToHexStringLower(hash.GetHashAndReset());
            hash.AppendData(buffer, 0, count);
            take(buffer.AsSpan(0, count), offset);
            offset += count;
        }
    }

    private static EntryFacts Facts(HeldDirectory directory, string name, int depth)
    {
        var facts = directory.Look(name) ?? throw Gone(directory, name);
        if (facts.Kind == EntryKind.Special)
            throw new IOException($"{Path.Join(directory.Path, name)} is neither a file, nor a directory, nor a link");
        return depth <= MaximumDepth ? facts : throw new IOException($"{directory.Path} lies deeper than {MaximumDepth} directories");
    }

    private static string Line(string path, EntryFacts facts, string content) => string.Create(
        CultureInfo.InvariantCulture, $"{path}\0{facts.Kind} {facts.User}:{facts.Group} {Permissions(facts)} {facts.Modified}\0{content}\n");

    /// <summary>Those of a link say nothing (symlink(7)).</summary>
    private static string Permissions(EntryFacts facts) => facts.Kind == EntryKind.Link ? "" : Convert.ToString(facts.Permissions, 8);

    private static string Hash(StringBuilder text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

    private static IOException Gone(HeldDirectory directory, string name) => new($"{Path.Join(directory.Path, name)} was removed, or replaced, while it was read");

    private delegate void SpanAction(ReadOnlySpan<byte> bytes, long offset);
}
