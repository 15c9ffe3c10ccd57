using System.ComponentModel;
using System.Runtime.InteropServices;

namespace HostSwap.Lab.Processes;

/// <summary>The signals that tests send.</summary>
public enum Signal
{
    /// <summary>Ctrl-C.</summary>
    Interrupt = 2,

    /// <summary>Ends it at once.</summary>
    Kill = 9,

    /// <summary>Asks it to end.</summary>
    Terminate = 15,

    /// <summary>Lets it go on.</summary>
    Continue = 18,

    /// <summary>Holds it.</summary>
    Stop = 19,
}

/// <summary>The few system calls that .NET does not offer.</summary>
public static partial class Native
{
    private const int ClockMonotonic = 1;
    private const int TimerAbsolute = 1;
    private const int PriorityOfProcess = 0;
    private const int RoundRobin = 2;
    private const int NoSuchProcess = 3;
    private const int Interrupted = 4;

    /// <summary>Sends a signal. No error where the process is gone already.</summary>
    public static void Send(int pid, Signal signal)
    {
        if (kill(pid, (int)signal) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        if (error != NoSuchProcess) throw new Win32Exception(error);
    }

    /// <summary>
    /// Lets the calling thread be scheduled before the load it measures: by real-time priority, else by niceness, which
    /// counts only against other programs of the same session. Without the right to either it measures with more jitter, which
    /// its own figures show, so that is no error.
    /// </summary>
    public static void PreferThisThread()
    {
        var lowest = 1;
        if (sched_setscheduler(0, RoundRobin, in lowest) != 0) _ = setpriority(PriorityOfProcess, 0, -15);
    }

    /// <summary>
    /// Sleeps until a moment of the monotonic clock, in the nanoseconds of <see cref="MonotonicNanoseconds"/>.
    /// An absolute moment makes a steady beat: being late once does not delay all later beats.
    /// </summary>
    public static void SleepUntil(long nanoseconds)
    {
        var moment = new TimeSpec { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        int error;
        do error = clock_nanosleep(ClockMonotonic, TimerAbsolute, in moment, 0);
        while (error == Interrupted);
        if (error != 0) throw new Win32Exception(error);
    }

    /// <summary>The monotonic clock, the one that <see cref="System.Diagnostics.Stopwatch"/> reads on Linux.</summary>
    public static long MonotonicNanoseconds()
    {
        if (clock_gettime(ClockMonotonic, out var now) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
        return (now.Seconds * 1_000_000_000) + now.Nanoseconds;
    }

    /// <summary>Takes a frame from a packet socket without waiting for one (packet(7)).</summary>
    /// <returns>Its length, the index of the interface that it was seen at, and its kind; a length of -1 where there is none.</returns>
    public static unsafe (int Length, int Interface, byte Kind) TryReceiveFrame(System.Net.Sockets.SafeSocketHandle socket, byte[] frame)
    {
        const int DoNotWait = 0x40;
        LinkAddress from = default;
        var size = sizeof(LinkAddress);
        fixed (byte* bytes = frame)
        {
            var length = (int)recvfrom(socket, bytes, (nuint)frame.Length, DoNotWait, &from, &size);
            return (length, from.Interface, from.Kind);
        }
    }

    /// <summary>The kernel's <c>struct sockaddr_ll</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 20)]
    private struct LinkAddress
    {
        [FieldOffset(4)]
        public int Interface;

        [FieldOffset(10)]
        public byte Kind;
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint recvfrom(System.Net.Sockets.SafeSocketHandle socket, byte* buffer, nuint length, int flags, LinkAddress* from, int* size);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setpriority(int which, int who, int nice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setscheduler(int pid, int policy, in int priority);

    [LibraryImport("libc")]
    private static partial int clock_nanosleep(int clock, int flags, in TimeSpec request, nint remain);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out TimeSpec now);
}
