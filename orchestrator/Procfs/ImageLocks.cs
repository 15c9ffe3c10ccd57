using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>
/// QEMU's locks on disk images, in <c>/proc/locks</c> (proc_locks(5)). Whoever writes to an image locks byte 101 of it, and
/// byte 201 to say that nobody else may (QEMU's <c>block/file-posix.c</c>: 100 and 200 are the bases of used and unshared
/// permissions, and writing is the second of them). They are locks of open file descriptions; the kernel makes one of
/// neighbouring ones, so that an image that is read and written shows as <c>100 101</c>.
/// </summary>
internal static partial class ImageLocks
{
    private const string OpenFileDescription = "OFDLCK";
    private const ulong Writes = 101;
    private const ulong LetsNobodyWrite = 201;

    private const int SetLock = 37; // F_OFD_SETLK, fcntl(2)
    private const short ReadLock = 0; // F_RDLCK: QEMU's are all of this kind, and looked for as if for the other.

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
            if (Covers(fields, Writes)) written.Add(File(fields[5]));
            if (Covers(fields, LetsNobodyWrite)) guarded.Add(File(fields[5]));
        }

        written.IntersectWith(guarded);
        return written;
    }

    /// <summary>Says of an image that nobody may begin to write to it, as long as it is open.</summary>
    /// <exception cref="IOException">The kernel refuses the lock.</exception>
    public static void LetNobodyWrite(SafeFileHandle image, string path)
    {
        var request = new LockRequest { Type = ReadLock, Start = (long)LetsNobodyWrite, Length = 1 };
        if (fcntl(image, SetLock, ref request) != 0)
            throw new IOException($"lock {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    private static bool Covers(string[] fields, ulong offset) => Offset(fields[6]) <= offset && offset <= Offset(fields[7]);

    private static ulong Offset(string text) => text is "EOF" ? ulong.MaxValue : ulong.Parse(text, CultureInfo.InvariantCulture);

    private static (ulong Device, ulong Inode) File(string text)
    {
        var colon = text.LastIndexOf(':');
        return (DeviceNumber.Parse(text[..colon]), ulong.Parse(text[(colon + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>The kernel's <c>struct flock</c> on machines with 64 bits.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct LockRequest
    {
        [FieldOffset(0)]
        public short Type;

        [FieldOffset(8)]
        public long Start;

        [FieldOffset(16)]
        public long Length;
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fcntl(SafeFileHandle file, int command, ref LockRequest request);
}
