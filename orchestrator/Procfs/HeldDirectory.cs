using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>
/// A directory that is held open, and what is in it by name alone: whoever may write there, as QEMU may in libvirt's, cannot
/// lead root elsewhere by a link that it puts in the way. Errors are <see cref="IOException"/>, with the path and the kernel's reason.
/// </summary>
internal sealed unsafe partial class HeldDirectory : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int DirectoryOnly = 0x10000; // O_DIRECTORY
    private const int DirectoryOnlyArm = 0x4000;
    private const int NoFollow = 0x20000; // O_NOFOLLOW
    private const int NoFollowArm = 0x8000;
    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private const int NonBlocking = 0x800; // O_NONBLOCK
    private const int WriteOnly = 1; // O_WRONLY
    private const int Create = 0x40; // O_CREAT
    private const int Exclusive = 0x80; // O_EXCL
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const int DoNotFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int RemoveDirectory = 0x200; // AT_REMOVEDIR
    private const uint OwnerOnly = 0x180; // 0600
    private const ulong Beneath = 0x08; // RESOLVE_BENEATH
    private const ulong NoLinks = 0x04; // RESOLVE_NO_SYMLINKS
    private const nint OpenAt2 = 437; // the same number on every architecture
    private const int NoSuchFile = 2;
    private const int NotADirectory = 20;
    private const int TooManyLinks = 40;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;
    private static readonly int AsDirectory = (IsArm ? DirectoryOnlyArm : DirectoryOnly) | CloseOnExec;
    private static readonly int Itself = (IsArm ? NoFollowArm : NoFollow) | CloseOnExec;

    private readonly SafeFileHandle _handle;

    private HeldDirectory(SafeFileHandle handle, string path) => (_handle, Path) = (handle, path);

    /// <summary>Its path, for people.</summary>
    public string Path { get; }

    /// <summary>The names in it, in order.</summary>
    public IReadOnlyList<string> Names =>
        [.. Directory.EnumerateFileSystemEntries($"/proc/self/fd/{_handle.DangerousGetHandle()}").Select(System.IO.Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    /// <summary>Opens a directory of the outer host's own, made for root alone where it is missing.</summary>
    public static HeldDirectory Ensure(string path)
    {
        Directory.CreateDirectory(path, Private);
        return TryOpen(path, ".") ?? throw new IOException($"open {path}: it is gone");
    }

    /// <summary>Opens a directory below another that is trusted; null where it is not there, or where a link is in the way.</summary>
    public static HeldDirectory? TryOpen(string root, string path)
    {
        var full = path is "." ? root : System.IO.Path.Join(root, path);
        var descriptor = open(root, AsDirectory);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError() is NoSuchFile or NotADirectory ? null : throw Failed("open", root);

        using var trusted = new SafeFileHandle(descriptor, ownsHandle: true);
        var how = new OpenHow { Flags = (ulong)AsDirectory, Resolve = Beneath | NoLinks };
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
        {
            var opened = syscall(OpenAt2, trusted, text, &how, (nuint)sizeof(OpenHow));
            return opened >= 0 ? new HeldDirectory(new SafeFileHandle(opened, ownsHandle: true), full)
                : Marshal.GetLastPInvokeError() is NoSuchFile or NotADirectory or TooManyLinks ? null
                : throw Failed("open", full);
        }
    }

    /// <summary>Opens a directory in it; null where there is none of that name.</summary>
    public HeldDirectory? TryEnter(string name)
    {
        var descriptor = openat(_handle, Checked(name), AsDirectory | Itself, 0);
        return descriptor >= 0 ? new HeldDirectory(new SafeFileHandle(descriptor, ownsHandle: true), At(name))
            : Marshal.GetLastPInvokeError() is NoSuchFile or NotADirectory or TooManyLinks ? null
            : throw Failed("open", At(name));
    }

    /// <summary>Makes a directory in it, for root alone, and opens it.</summary>
    public HeldDirectory Make(string name)
    {
        if (mkdirat(_handle, Checked(name), (uint)Private) != 0)
            throw Failed("mkdir", At(name));
        return TryEnter(name) ?? throw new IOException($"open {At(name)}: it is gone");
    }

    /// <summary>What it is itself.</summary>
    public EntryFacts Look() => Look("", EmptyPath) ?? throw new IOException($"statx {Path}: it is gone");

    /// <summary>What is there by a name, a link not followed; null where nothing is.</summary>
    public EntryFacts? Look(string name) => Look(Checked(name), DoNotFollow);

    /// <summary>Opens a file to read; null where it is not there. One that is a pipe holds nobody up, and a link is refused.</summary>
    public SafeFileHandle? OpenToRead(string name)
    {
        var descriptor = openat(_handle, Checked(name), NonBlocking | Itself, 0);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true)
            : Marshal.GetLastPInvokeError() is NoSuchFile ? null
            : throw Failed("open", At(name));
    }

    /// <summary>Makes a file, for root alone, that is not there yet.</summary>
    public SafeFileHandle CreateFile(string name)
    {
        var descriptor = openat(_handle, Checked(name), WriteOnly | Create | Exclusive | Itself, OwnerOnly);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failed("create", At(name));
    }

    /// <summary>Where a symbolic link leads.</summary>
    public string ReadLink(string name) =>
        new FileInfo($"/proc/self/fd/{_handle.DangerousGetHandle()}/{Checked(name)}").LinkTarget ?? throw new IOException($"readlink {At(name)}: it is no link");

    /// <summary>Makes a symbolic link that is not there yet.</summary>
    public void MakeLink(string name, string target) => Require(symlinkat(target, _handle, Checked(name)), "symlink", name);

    /// <summary>Gives something in it an owner, permissions (not of a link) and a time of modification.</summary>
    public void Describe(string name, EntryFacts facts)
    {
        // Owners before permissions: the kernel takes the set-user-ID bits away with a change of owner (chown(2)).
        Require(fchownat(_handle, Checked(name), facts.User, facts.Group, DoNotFollow), "chown", name);
        if (facts.Kind != EntryKind.Link)
            Require(fchmodat(_handle, name, facts.Permissions, 0), "chmod", name);
        var (seconds, rest) = Math.DivRem(facts.Modified, NanosecondsPerSecond);
        var times = stackalloc TimeSpec[2];
        times[0] = times[1] = new TimeSpec { Seconds = (nint)seconds, Nanoseconds = (nint)rest };
        Require(utimensat(_handle, name, times, DoNotFollow), "utimensat", name);
    }

    /// <summary>Renames in one step, also into another directory of the same file system; what has the new name is replaced.</summary>
    public void Rename(string name, HeldDirectory to, string newName) =>
        Require(renameat(_handle, Checked(name), to._handle, Checked(newName)), $"rename to {to.At(newName)}", name);

    /// <summary>Gives a file another name, in another directory of the same file system.</summary>
    public void LinkTo(string name, HeldDirectory to, string newName) =>
        Require(linkat(_handle, Checked(name), to._handle, Checked(newName), 0), $"link to {to.At(newName)}", name);

    /// <summary>Removes a file, a link, or a directory with all that is in it; nothing where it is not there.</summary>
    public void Remove(string name)
    {
        if (Look(name) is not { } facts)
            return;
        if (facts.Kind == EntryKind.Directory)
        {
            using var inside = TryEnter(name);
            foreach (var entry in inside?.Names ?? [])
                inside!.Remove(entry);
        }

        if (unlinkat(_handle, name, facts.Kind == EntryKind.Directory ? RemoveDirectory : 0) != 0 && Marshal.GetLastPInvokeError() != NoSuchFile)
            throw Failed("unlink", At(name));
    }

    /// <summary>Has its names be there after a power cut (fsync(2)).</summary>
    public void Sync() => Require(fsync(_handle), "fsync", ".");

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private string At(string name) => System.IO.Path.Join(Path, name);

    private EntryFacts? Look(string name, int flags)
    {
        if (FileStatus.TryRead(_handle, name, flags, out var status))
            return new EntryFacts(status.Mode, status.Inode, status.User, status.Group, (long)status.Size, status.Modified);
        return Marshal.GetLastPInvokeError() is NoSuchFile ? null : throw Failed("statx", At(name));
    }

    private static string Checked(string name) => name is "" or "." or ".." || name.Contains('/', StringComparison.Ordinal)
        ? throw new ArgumentException($"'{name}' is no name of a file", nameof(name))
        : name;

    private void Require(int result, string call, string name)
    {
        if (result != 0)
            throw Failed(call, At(name));
    }

    private static IOException Failed(string call, string path) => new($"{call} {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int openat(SafeFileHandle directory, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int syscall(nint number, SafeFileHandle directory, byte* path, OpenHow* how, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int mkdirat(SafeFileHandle directory, string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int symlinkat(string target, SafeFileHandle directory, string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fchownat(SafeFileHandle directory, string path, uint user, uint group, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fchmodat(SafeFileHandle directory, string path, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int utimensat(SafeFileHandle directory, string path, TimeSpec* times, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int renameat(SafeFileHandle from, string name, SafeFileHandle to, string newName);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int linkat(SafeFileHandle from, string name, SafeFileHandle to, string newName, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int unlinkat(SafeFileHandle directory, string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fsync(SafeFileHandle file);
}
