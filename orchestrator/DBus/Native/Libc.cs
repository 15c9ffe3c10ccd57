using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.DBus.Native;

/// <summary>The few system calls that an event loop around sd-bus needs.</summary>
internal static unsafe partial class Libc
{
    /// <summary><c>EINTR</c>: a signal interrupted the call, which is to be made again.</summary>
    public const int Interrupted = 4;

    private const int EfdCloexec = 0x80000;
    private const int EfdNonblock = 0x800;

    /// <summary>Opens a counter that wakes a poll (<c>eventfd(2)</c>).</summary>
    public static SafeFileHandle OpenEventCounter()
    {
        var fd = EventFd(0, EfdCloexec | EfdNonblock);
        if (fd < 0)
            throw new IOException($"eventfd: {Marshal.GetLastPInvokeErrorMessage()}");
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>Raises the counter. A counter that is full already wakes its poll anyhow, so that error means nothing.</summary>
    public static void Raise(SafeFileHandle counter)
    {
        ulong one = 1;
        _ = Write(counter, &one, sizeof(ulong));
    }

    /// <summary>Sets the counter back to zero. An empty one answers EAGAIN, which is what is wanted.</summary>
    public static void Clear(SafeFileHandle counter)
    {
        ulong value;
        _ = Read(counter, &value, sizeof(ulong));
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollFd* fds, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle fd, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle fd, void* buffer, nuint count);
}

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollFd
{
    public const short In = 1;

    public int Fd;
    public short Events;
    public short ReturnedEvents;
}
