using System.Globalization;
using System.Text;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>One line of <c>/proc/self/mountinfo</c> (proc_pid_mountinfo(5)).</summary>
/// <param name="Target">The directory that it is mounted on.</param>
/// <param name="Root">Which directory of the file system is mounted: <c>/</c>, but for bind mounts.</param>
/// <param name="FileSystem">Its type, as in <c>tmpfs</c>.</param>
/// <param name="Options">The file system's own options; one without a value has an empty one.</param>
public sealed record MountEntry(string Target, string Root, string FileSystem, IReadOnlyDictionary<string, string> Options)
{
    private const int DeviceField = 2;
    private const int RootField = 3;
    private const int TargetField = 4;

    /// <summary>The file system's device, by which <see cref="FileFacts.Device"/> tells its files; some (btrfs) have one of their own.</summary>
    public ulong Device { get; init; }

    /// <summary>What it was mounted from, as in <c>/dev/vda1</c>; any text where it is no device.</summary>
    public string Source { get; init; } = "";

    /// <summary>Reads the whole file; what is no line of it is left out.</summary>
    public static IReadOnlyList<MountEntry> Parse(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ParseLine).OfType<MountEntry>()];

    private static MountEntry? ParseLine(string line)
    {
        var fields = line.Split(' ');
        // A variable number of optional fields comes before a lone hyphen.
        var hyphen = Array.IndexOf(fields, "-", Math.Min(TargetField + 1, fields.Length));
        if (hyphen < 0 || hyphen + 3 >= fields.Length || DeviceNumber.ParseDecimal(fields[DeviceField]) is not { } device)
            return null;
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var option in fields[hyphen + 3].Split(','))
        {
            var parts = option.Split('=', 2);
            options[parts[0]] = parts.Length == 2 ? parts[1] : "";
        }

        return new MountEntry(Unescape(fields[TargetField]), Unescape(fields[RootField]), fields[hyphen + 1], options)
        {
            Device = device,
            Source = Unescape(fields[hyphen + 2]),
        };
    }

    /// <summary>Space, tab, newline and backslash are written as a backslash and three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && IsOctal(text.AsSpan(i + 1, 3)))
            {
                plain.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }

    private static bool IsOctal(ReadOnlySpan<char> digits) => digits.IndexOfAnyExceptInRange('0', '7') < 0;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{FileSystem} on {Target}");
}
