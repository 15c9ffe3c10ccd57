using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Errors;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Locking;

/// <summary>
/// Signals the holder of a lock and waits for its end, through a pidfd (pidfd_open(2), Linux 5.3): a signal by number
/// could hit another process that has been given the number since.
/// </summary>
public sealed partial class HolderSignal : IDisposable
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
    private readonly LockHolder _holder;

    private HolderSignal(SafeFileHandle process, LockHolder holder)
    {
        _process = process;
        _holder = holder;
    }

    /// <summary>Gets hold of a holder's process; null where it has ended.</summary>
    /// <exception cref="EnvironmentException">The kernel does not allow it.</exception>
    public static HolderSignal? Open(LockHolder holder)
    {
        var descriptor = syscall(PidFdOpen, holder.Pid, 0, 0, 0);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError() == NoSuchProcess ? null : throw Failed(holder);

        var process = new SafeFileHandle((int)descriptor, ownsHandle: true);
        // Looked at after the process is held: if the number names the holder now, it did when the process was held.
        if (holder.IsAlive)
            return new HolderSignal(process, holder);
        process.Dispose();
        return null;
    }

    /// <summary>Sends it SIGINT or SIGTERM. A stopped process gets it when it goes on.</summary>
    /// <returns>False where it has ended.</returns>
    /// <exception cref="EnvironmentException">The kernel does not allow it.</exception>
    public bool Send(PosixSignal signal)
    {
        var number = signal switch
        {
            PosixSignal.SIGINT => 2,
            PosixSignal.SIGTERM => 15,
            _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "A holder is asked to end in an orderly way."),
        };
        // The kernel goes on to accept signals for one that its parent has not reaped yet.
        if (HasEnded(0))
            return false;

        var reference = false;
        try
        {
            _process.DangerousAddRef(ref reference);
            if (syscall(PidFdSendSignal, _process.DangerousGetHandle(), number, 0, 0) == 0)
                return true;
            return Marshal.GetLastPInvokeError() == NoSuchProcess ? false : throw Failed(_holder);
        }
        finally
        {
            if (reference)
                _process.DangerousRelease();
        }
    }

    /// <summary>Waits until it has ended.</summary>
    /// <param name="limit">Longest wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DeadlineException">It still lives.</exception>
    public Task WaitForExitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var began = time.GetTimestamp();
            while (!HasEnded(Look))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (time.GetElapsedTime(began) >= limit)
                    throw new DeadlineException($"{_holder.Name}, to end", limit, _holder.Process is { IsStopped: true } ? "it is stopped" : "it runs");
            }
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
                _ => Marshal.GetLastPInvokeError() == Interrupted ? false : throw Failed(_holder),
            };
        }
        finally
        {
            if (reference)
                _process.DangerousRelease();
        }
    }

    private static EnvironmentException Failed(LockHolder holder) => new(
        string.Create(CultureInfo.InvariantCulture, $"process {holder.Pid} cannot be reached: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}"),
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
