using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Locking;

/// <summary>Signals the holder of a lock and waits for its end, through a pidfd.</summary>
public sealed class HolderSignal : IDisposable
{
    private readonly PidFd _process;
    private readonly LockHolder _holder;

    private HolderSignal(PidFd process, LockHolder holder) => (_process, _holder) = (process, holder);

    /// <summary>Gets hold of a holder's process; null where it has ended.</summary>
    /// <exception cref="EnvironmentException">The kernel does not allow it.</exception>
    public static HolderSignal? Open(LockHolder holder)
    {
        if (PidFd.Open(holder.Pid) is not { } process)
            return null;
        // Looked at after the process is held: if the number names the holder now, it did when the process was held.
        if (holder.IsAlive)
            return new HolderSignal(process, holder);
        process.Dispose();
        return null;
    }

    /// <summary>Sends it SIGINT or SIGTERM. A stopped process gets it when it goes on.</summary>
    /// <returns>False where it has ended.</returns>
    /// <exception cref="EnvironmentException">The kernel does not allow it.</exception>
    public bool Send(PosixSignal signal) => _process.Send(signal switch
    {
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGTERM => 15,
        _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, "A holder is asked to end in an orderly way."),
    });

    /// <summary>Waits until it has ended.</summary>
    /// <param name="limit">Longest wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="DeadlineException">It still lives.</exception>
    public async Task WaitForExitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!await _process.WaitForEndAsync(limit, time, cancellationToken))
            throw new DeadlineException($"{_holder.Name}, to end", limit, _holder.Process is { IsStopped: true } ? "it is stopped" : "it runs");
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();
}
