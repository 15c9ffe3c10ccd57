using System.Globalization;
using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Locking;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Ends, from another process, an operation that moves VMs: its hostctl is told what is wanted and interrupted in order.</summary>
internal sealed class AbortRunner(string lockFile, TimeProvider time)
{
    private static readonly IReadOnlyList<string> Purposes = ["swap", "resume", "rollback"];

    /// <summary>Interrupts whoever holds the lock, and waits for its end.</summary>
    /// <returns>False where nobody moves VMs here.</returns>
    /// <exception cref="EnvironmentException">Its hostctl is stopped, and cannot end before it goes on.</exception>
    /// <exception cref="DeadlineException">It has not ended within the limit.</exception>
    public async Task<bool> RunAsync(AbortWish wish, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (OuterHostLock.FindHolder(lockFile)?.Holder is not { } holder || !Purposes.Contains(holder.Purpose, StringComparer.Ordinal))
            return false;
        if (holder.Process is { IsStopped: true })
        {
            throw new EnvironmentException(
                $"{holder.Describe()}, and cannot end while it is",
                string.Create(CultureInfo.InvariantCulture, $"'kill -CONT {holder.Pid}' lets it go on; 'hostctl resume --take-over' takes its place."));
        }

        using var process = HolderSignal.Open(holder);
        if (process is null)
            return false;
        new AbortRequests(lockFile).Leave(holder.Pid, wish);
        if (!process.Send(PosixSignal.SIGTERM))
            return false;
        await process.WaitForExitAsync(limit, time, cancellationToken);
        return true;
    }
}
