using System.Globalization;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>
/// QEMU's locks on disk images, in <c>/proc/locks</c> (proc_locks(5)). Whoever writes to an image locks byte 101 of it, and
/// byte 201 to say that nobody else may (QEMU's <c>block/file-posix.c</c>: 100 and 200 are the bases of used and unshared
/// permissions, and writing is the second of them). They are locks of open file descriptions.
/// </summary>
internal static class ImageLocks
{
    private const string OpenFileDescription = "OFDLCK";
    private const string Writes = "101";
    private const string LetsNobodyWrite = "201";

    /// <summary>The images that somebody writes to and that nobody else can write to meanwhile.</summary>
    public static IReadOnlySet<(ulong Device, ulong Inode)> Exclusive(IEnumerable<string> lines)
    {
        var written = new HashSet<(ulong, ulong)>();
        var guarded = new HashSet<(ulong, ulong)>();
        foreach (var line in lines)
        {
            // 12: OFDLCK ADVISORY  READ -1 fe:00:3530776 201 201      (a waiter's line has "->" in second place)
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 8 || fields[1] is not OpenFileDescription)
                continue;
            if (fields[6] is Writes) written.Add(File(fields[5]));
            else if (fields[6] is LetsNobodyWrite) guarded.Add(File(fields[5]));
        }

        written.IntersectWith(guarded);
        return written;
    }

    private static (ulong Device, ulong Inode) File(string text)
    {
        var colon = text.LastIndexOf(':');
        return (DeviceNumber.Parse(text[..colon]), ulong.Parse(text[(colon + 1)..], CultureInfo.InvariantCulture));
    }
}
