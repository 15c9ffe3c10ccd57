using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>
/// Looks at files as a container sees them, through <c>/proc/PID/root</c>. Links are resolved by the kernel inside that
/// root (<c>openat2</c> with <c>RESOLVE_IN_ROOT</c>, Linux 5.6), so that an absolute link planted in a guest's disk path
/// cannot lead out of it.
/// </summary>
internal static unsafe partial class ContainerFiles
{
    private const int Chunk = 16 * 1024;
    private const int OpenPath = 0x200000; // O_PATH
    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const ulong ResolveInRoot = 0x10;
    private const nint OpenAt2 = 437; // the same number on every architecture
    private const int NonBlocking = 0x800; // O_NONBLOCK
    private const int NoSuchFile = 2;
    private const int TryAgain = 11;
    private const int NoSuchProcess = 3;
    private const int NoSuchDevice = 19;
    private const int NotADirectory = 20;
    private const int TooManyLinks = 40;

    /// <summary>For how long the kernel is asked again; it has always let a file be opened within a few tries.</summary>
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(1);

    public static FileFacts? Look(int initPid, string path)
    {
        using var file = Open(initPid, path, OpenPath);
        return file is null ? null : Look(file, path);
    }

    /// <summary>What one of the outer host's own paths names, a link of <c>/proc</c> followed; null where it is gone.</summary>
    public static FileFacts? LookOutside(string path)
    {
        var descriptor = open(path, OpenPath | CloseOnExec);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError() is NoSuchFile or NoSuchProcess ? null : throw Failed("open", path);

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        return Look(file, path);
    }

    /// <summary>Opens a file; null where it is not there. One that is a pipe of the container's making holds nobody up.</summary>
    public static SafeFileHandle? OpenToRead(int initPid, string path) => Open(initPid, path, NonBlocking);

    /// <summary>Holds on to what a path names without opening it, as for a socket; null where it is not there.</summary>
    public static SafeFileHandle? OpenPlace(int initPid, string path) => Open(initPid, path, OpenPath);

    /// <summary>Reads a text file, up to so many bytes; null where it is not there.</summary>
    public static string? ReadText(int initPid, string path, int limit) => ReadText(RootOf(initPid), path, limit);

    /// <summary>The same below any directory as if that were the root.</summary>
    public static string? ReadText(string root, string path, int limit)
    {
        using var file = OpenIn(root, path, NonBlocking);
        if (file is null)
            return null;

        using var text = new MemoryStream();
        var buffer = new byte[Math.Min(limit, Chunk)];
        while (text.Length < limit)
        {
            nint count;
            fixed (byte* bytes = buffer)
                count = read(file, bytes, (nuint)Math.Min(buffer.Length, limit - text.Length));
            // sysfs says this of what has gone since it was opened.
            if (count < 0)
                return Marshal.GetLastPInvokeError() is NoSuchDevice ? null : throw Failed("read", path);
            if (count == 0)
                break;
            text.Write(buffer, 0, (int)count);
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length).Trim();
    }

    public static void ChangeOwner(int initPid, string path, uint user, uint group)
    {
        using var file = Open(initPid, path, OpenPath) ?? throw new FileNotFoundException($"{path} does not exist in the container of process {initPid}");
        if (fchownat(file, "", user, group, EmptyPath) != 0)
            throw Failed("chown", path);
    }

    /// <summary>What an open file is.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">The name to give it in an error.</param>
    public static FileFacts Look(SafeFileHandle file, string path)
    {
        if (!FileStatus.TryRead(file, "", EmptyPath, out var facts))
            throw Failed("statx", path);

        return new FileFacts(
            DeviceNumber.Of(facts.DeviceMajor, facts.DeviceMinor), facts.Inode, facts.User, facts.Group, facts.Mode)
        {
            NamedDevice = DeviceNumber.Of(facts.NamedMajor, facts.NamedMinor),
            Length = facts.Size,
        };
    }

    private static SafeFileHandle? Open(int initPid, string path, int flags) => OpenIn(RootOf(initPid), path, flags);

    /// <summary>The root of a container as the outer host sees it.</summary>
    public static string RootOf(int initPid) => $"/proc/{initPid}/root";

    /// <summary>
    /// Opens a file below any directory as if that were the root; null where it is not there. The kernel refuses to follow a
    /// <c>..</c>, of which every link in <c>/sys</c> has some, while anything on the machine is being renamed or mounted, and
    /// wants to be asked again (openat2(2), EAGAIN).
    /// </summary>
    /// <param name="root">The directory.</param>
    /// <param name="path">The file, beginning with a slash.</param>
    /// <param name="flags">Those of open(2).</param>
    private static SafeFileHandle? OpenIn(string root, string path, int flags)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            if (TryOpen(root, path, flags, out var file))
                return file;
            if (Stopwatch.GetElapsedTime(began) > OpenLimit)
                throw Failed("open", path);
            Thread.Yield();
        }
    }

    /// <returns>False where the kernel wants to be asked again.</returns>
    private static bool TryOpen(string rootPath, string path, int flags, out SafeFileHandle? file)
    {
        file = null;
        using var root = OpenRoot(rootPath);
        var how = new OpenHow { Flags = (ulong)(flags | CloseOnExec), Resolve = ResolveInRoot };
        var bytes = Encoding.UTF8.GetBytes(path + '\0');
        fixed (byte* text = bytes)
        {
            var descriptor = syscall(OpenAt2, root, text, &how, (nuint)sizeof(OpenHow));
            if (descriptor >= 0)
            {
                file = new SafeFileHandle((nint)descriptor, ownsHandle: true);
                return true;
            }
        }

        return Marshal.GetLastPInvokeError() switch
        {
            TryAgain => false,
            NoSuchFile or NotADirectory or TooManyLinks => true,
            _ => throw Failed("open", path),
        };
    }

    private static SafeFileHandle OpenRoot(string path)
    {
        var descriptor = open(path, OpenPath | CloseOnExec);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failed("open", path);
    }

    private static IOException Failed(string call, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {path}: {new Win32Exception(error).Message}");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int syscall(nint number, SafeFileHandle directory, byte* path, OpenHow* how, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint read(SafeFileHandle file, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fchownat(SafeFileHandle directory, string path, uint user, uint group, int flags);
}
