using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>The kernel's <c>struct statx</c>: 256 bytes, of which these are needed.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal unsafe partial struct FileStatus
{
    private const uint BasicStats = 0x7ff; // STATX_BASIC_STATS
    private const long NanosecondsPerSecond = 1_000_000_000;

    [FieldOffset(20)]
    public uint User;

    [FieldOffset(24)]
    public uint Group;

    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(32)]
    public ulong Inode;

    [FieldOffset(40)]
    public ulong Size;

    [FieldOffset(112)]
    public long ModifiedSeconds;

    [FieldOffset(120)]
    public uint ModifiedNanoseconds;

    [FieldOffset(128)]
    public uint NamedMajor;

    [FieldOffset(132)]
    public uint NamedMinor;

    [FieldOffset(136)]
    public uint DeviceMajor;

    [FieldOffset(140)]
    public uint DeviceMinor;

    /// <summary>When it was modified last, in nanoseconds since 1970.</summary>
    public readonly long Modified => (ModifiedSeconds * NanosecondsPerSecond) + ModifiedNanoseconds;

    /// <summary>Reads it; on failure the reason is the last error of the thread.</summary>
    /// <param name="directory">A directory, or the file itself with an empty path.</param>
    /// <param name="path">A path in it.</param>
    /// <param name="flags">Those of statx(2).</param>
    /// <param name="status">What was read.</param>
    public static bool TryRead(SafeFileHandle directory, string path, int flags, out FileStatus status)
    {
        FileStatus read = default;
        var done = statx(directory, path, flags, BasicStats, &read) == 0;
        status = read;
        return done;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int statx(SafeFileHandle directory, string path, int flags, uint mask, FileStatus* facts);
}
