using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Errors;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>
/// Holds on to a process (pidfd_open(2), Linux 5.3): a number alone could name another process by the time that it is
/// used.
/// </summary>
public sealed partial class PidFd : IDisposable
{
    // From Linux's tables of system calls; the numbers are the same on every architecture that .NET runs on.
    private const nint PidFdSendSignal = 424;
    private const nint PidFdOpen = 434;
    private const int NoSuchProcess = 3;
    private const int Interrupted = 4;
    private const short Readable = 1;

    /// <summary>How long one look at the process lasts, in milliseconds; between two the caller's cancellation is seen.</summary>
    private const int Look = 100;

    private readonly SafeFileHandle _process;

    private PidFd(SafeFileHandle process, int pid) => (_process, Pid) = (process, pid);

    /// <summary>Its number.</summary>
    public int Pid { get; }

    /// <summary>Gets hold of a process; null where it has ended.</summary>
    /// <exception cref="EnvironmentException">The kernel does not allow it.</exception>
    public static PidFd? Open(int pid)
    {
        var descriptor = syscall(PidFdOpen, pid, 0, 0, 0);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError() == NoSuchProcess ? null : throw Failed(pid);
        return new PidFd(new SafeFileHandle((int)descriptor, ownsHandle: true), pid);
    }

    /// <summary>Sends it a signal by its number. A stopped process gets it when it goes on.</summary>
    /// <returns>False where it has ended.</returns>
    /// <exception cref="EnvironmentException">The kernel does not allow it.</exception>
    public bool Send(int signal)
    {
        // The kernel goes on to accept signals for one that its parent has not reaped yet.
        if (HasEnded(0))
            return false;

        var reference = false;
        try
        {
            _process.DangerousAddRef(ref reference);
            if (syscall(PidFdSendSignal, _process.DangerousGetHandle(), signal, 0, 0) == 0)
                return true;
            return Marshal.GetLastPInvokeError() == NoSuchProcess ? false : throw Failed(Pid);
        }
        finally
        {
            if (reference)
                _process.DangerousRelease();
        }
    }

    /// <summary>Waits until it has ended, which the kernel tells at once.</summary>
    /// <returns>True where it has; false where the limit passed before.</returns>
    public Task<bool> WaitForEndAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var began = time.GetTimestamp();
            while (!HasEnded(Look))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (time.GetElapsedTime(began) >= limit)
                    return false;
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    /// <summary>A pidfd becomes readable when its process has ended.</summary>
    private bool HasEnded(int milliseconds)
    {
        var reference = false;
        try
        {
            _process.DangerousAddRef(ref reference);
            var one = new PollRequest { Descriptor = (int)_process.DangerousGetHandle(), Events = Readable };
            var ready = poll(ref one, 1, milliseconds);
            return ready switch
            {
                > 0 => true,
                0 => false,
                _ => Marshal.GetLastPInvokeError() == Interrupted ? false : throw Failed(Pid),
            };
        }
        finally
        {
            if (reference)
                _process.DangerousRelease();
        }
    }

    private static EnvironmentException Failed(int pid) => new(
        string.Create(CultureInfo.InvariantCulture, $"process {pid} cannot be reached: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}"),
        "Run hostctl as root, on Linux 5.6 or newer.");

    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Descriptor;
        public short Events;
        public short Found;
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int poll(ref PollRequest requests, nuint count, int milliseconds);
}
