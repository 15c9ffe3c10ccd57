using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Has a guest shut itself down, by its agent where it has one and else by the power button, and waits until its QEMU is gone.
/// No guest is ever ended by force: one that does not shut down in time runs on.
/// </summary>
internal sealed class GracefulShutdown(SwapSession session)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// A guest that boots, or is about to end its session, misses the button; OpenStack's nova presses it as often
    /// (shutdown_retry_interval). One that is shutting down takes no notice of another press.
    /// </summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(10);

    private readonly Fence _fence = new(session);

    /// <summary>Shuts it down. It cannot be interrupted: the guest has been asked, and does not take that back.</summary>
    /// <exception cref="DeadlineException">It runs on after the deadline of its policy.</exception>
    public Task RunAsync(PlannedMove move) => session.Log.DoAsync(Restarts.ShutdownStep, move.Uuid.ToString(), () => ShutDownAsync(move));

    private async Task<string> ShutDownAsync(PlannedMove move)
    {
        var (began, limit) = (session.Time.GetTimestamp(), move.Policy.ShutdownDeadline);
        for (TimeSpan? asked = null; ;)
        {
            var elapsed = session.Time.GetElapsedTime(began);
            var seen = await _fence.LookAsync(move.Uuid, CancellationToken.None);
            // The kernel's word as well: until its QEMU is gone it holds its disks.
            if (!seen.Source.IsActive)
                return $"shut off after {DurationText.Format(TimeSpan.FromSeconds(Math.Ceiling(elapsed.TotalSeconds)))}";
            if (elapsed > limit)
                throw new DeadlineException($"the guest of {move.Name} to shut down", limit, $"{seen.Source.InWords}; it was asked to, and may still do so");
            if (seen.Source.Domain is { State: DomainState.Running or DomainState.Blocked } && (asked is null || elapsed - asked > AskAgain))
            {
                await AskAsync(move, again: asked is not null);
                asked = elapsed;
            }

            await Task.Delay(Interval, session.Time);
        }
    }

    /// <summary>One that ends at that moment refuses, and an agent that hangs does not answer: the next look shows what is so.</summary>
    private async Task AskAsync(PlannedMove move, bool again)
    {
        try
        {
            await session.Source.Libvirt.Domains.ShutdownAsync(move.Uuid, byButton: again, CancellationToken.None);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            session.Notice($"{move.Name}: it is not sure that its guest knows that it is to shut down: {exception.Message}");
        }
    }
}
