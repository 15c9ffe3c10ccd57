using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Serilog.Sinks.File;

namespace HostSwap.Hostctl.Logging;

/// <summary>
/// Opens log files such that several hostctl may write to one of them: each event is one write with
/// <c>O_APPEND</c>, which Linux does not mix with others. Only their owner may read them.
/// </summary>
internal sealed partial class AppendingFile : FileLifecycleHooks
{
    // Larger than any event, which then reaches the file in one write.
    private const int BufferSize = 64 * 1024;

    // From Linux's fcntl.h; the numbers are the same on every architecture that .NET runs on.
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int Append = 0x400;
    private const int CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180;

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">It cannot be opened for writing.</exception>
    public static FileStream Open(string path)
    {
        var descriptor = OpenFile(path, WriteOnly | Create | Append | CloseOnExec, OwnerOnly);
        if (descriptor < 0)
            throw new IOException($"cannot write '{path}': {Marshal.GetLastPInvokeErrorMessage()}");
        return new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write, BufferSize);
    }

    /// <inheritdoc/>
    public override Stream OnFileOpened(string path, Stream underlyingStream, Encoding encoding)
    {
        underlyingStream.Dispose();
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return Open(path);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);
}
