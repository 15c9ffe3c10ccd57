using System.Buffers;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>What a path must be to be handed to Docker, libvirt and the image.</summary>
internal static class HostPath
{
    /// <summary>Longest path of a UNIX socket in bytes: <c>sun_path</c> has 108 and ends with a zero (unix(7)).</summary>
    public const int MaximumSocketBytes = 107;

    private static readonly SearchValues<char> Forbidden = SearchValues.Create(":\"\\");

    /// <summary>Says what is wrong with a path; null where it is fit for use.</summary>
    public static string? Fault(string path)
    {
        if (!path.StartsWith('/'))
            return $"\"{path}\" is not an absolute path; it must begin with /";
        // Bind mounts and the list that the image reads are separated by colons, libvirt's files quote with " and \.
        var bad = path.AsSpan().IndexOfAny(Forbidden);
        if (bad < 0)
            bad = path.ToList().FindIndex(char.IsControl);
        if (bad >= 0)
            return $"\"{path}\" contains {Describe(path[bad])}; a path handed to the image may have no colon, quote, backslash or control character";
        if (path.Length > 1 && path.TrimEnd('/').Split('/')[1..].Any(part => part is "" or "." or ".."))
            return $"\"{path}\" is not in its shortest form; leave out //, . and ..";
        return null;
    }

    /// <summary>The one spelling of a path that has no fault: without a slash at its end.</summary>
    public static string Canonical(string path) => path.Length > 1 ? path.TrimEnd('/') : path;

    /// <summary>Whether a path is <paramref name="directory"/> or lies below it.</summary>
    public static bool IsWithin(string path, string directory) =>
        string.Equals(path, directory, StringComparison.Ordinal)
        || string.Equals(directory, "/", StringComparison.Ordinal)
        || path.StartsWith(directory + "/", StringComparison.Ordinal);

    private static string Describe(char bad) => char.IsControl(bad) ? "a control character" : $"'{bad}'";
}
