using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Journal;

/// <summary>Creates files and directories so that they are still there after a power cut.</summary>
internal static partial class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int ReadOnly = 0;
    private const int OpenDirectory = 0x10000;
    private const int OpenDirectoryArm = 0x4000;
    private const int CloseOnExec = 0x80000;

    /// <summary>Creates an empty file of mode 0600 with its directories, or makes an existing one 0600.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be created.</exception>
    public static void Ensure(string path)
    {
        var directory = Path.GetDirectoryName(path)!;
        EnsureDirectory(directory);
        if (File.Exists(path))
        {
            // By name: to open and close a database that this process has open elsewhere would drop SQLite's locks
            // (sqlite.org/howtocorrupt.html, 2.2).
            if (File.GetUnixFileMode(path) != OwnerOnly)
                File.SetUnixFileMode(path, OwnerOnly);
            return;
        }

        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        };
        new FileStream(path, options).Dispose();
        SyncDirectory(directory);
    }

    /// <summary>Writes a file of mode 0600, with its directories: after a power cut it is what it was, or what was written, whole.</summary>
    /// <exception cref="EnvironmentException">It cannot be written, as on a full disk; an earlier file is as it was.</exception>
    public static void Replace(string path, Action<Stream> write)
    {
        var (directory, fresh) = (Path.GetDirectoryName(path)!, path + ".next");
        try
        {
            EnsureDirectory(directory);
            using (var file = new FileStream(fresh, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(fresh, path, overwrite: true);
            SyncDirectory(directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"{path} cannot be written: {exception.Message}", "Free space on its file system, and see that root may write there.", exception);
        }
    }

    private static void EnsureDirectory(string directory)
    {
        if (Directory.Exists(directory))
            return;
        var parent = Path.GetDirectoryName(directory)!;
        EnsureDirectory(parent);
        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        SyncDirectory(parent);
    }

    // A new name is on disk only when its directory is (fsync(2)).
    private static void SyncDirectory(string directory)
    {
        var isDirectory = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64
            ? OpenDirectoryArm
            : OpenDirectory;
        var descriptor = Open(directory, ReadOnly | isDirectory | CloseOnExec);
        if (descriptor < 0)
            throw new IOException($"{directory}: {Marshal.GetLastPInvokeErrorMessage()}");
        try
        {
            if (FSync(descriptor) != 0)
                throw new IOException($"{directory}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
