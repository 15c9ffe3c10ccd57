using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Stops a VM by saving it: its guest stands still from here until it is restored. What could not be saved runs on where it is.
/// </summary>
internal sealed class SavedStop(SwapSession session)
{
    /// <summary>How often progress is read: libvirt sends no event for written bytes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>How long libvirt may take to end a save that it was told to abort.</summary>
    private static readonly TimeSpan AbortLimit = TimeSpan.FromSeconds(60);

    private readonly Fence _fence = new(session);

    private ILibvirtDomains Domains => session.Source.Libvirt.Domains;

    /// <summary>Saves it.</summary>
    /// <param name="move">The VM.</param>
    /// <param name="stop">Interrupts it in order: the VM then runs on.</param>
    /// <exception cref="AdapterException">It could not be saved.</exception>
    /// <exception cref="DeadlineException">libvirt does not come to an end.</exception>
    public Task RunAsync(PlannedMove move, CancellationToken stop) => session.Log.DoAsync(Restarts.SaveStep, move.Uuid.ToString(), () => SaveAsync(move, stop));

    private async Task<string> SaveAsync(PlannedMove move, CancellationToken stop)
    {
        var call = Domains.ManagedSaveAsync(move.Uuid, CancellationToken.None);
        var watch = new MigrationWatch(session.Settings.Migration, session.Time);
        while (await RunsAsync(call, move, watch))
        {
            if (watch.WhyGiveUp(stop) is { } why)
                await AbortAsync(move, watch, why);
            // Also one that is to be interrupted is waited for: it is told so, and says when it has ended.
            await Task.WhenAny(call, Task.Delay(Interval, session.Time, CancellationToken.None));
        }

        var failure = await FailureAsync(call);
        var seen = await _fence.LookAsync(move.Uuid, CancellationToken.None);
        var image = SavedImage.Inspect(session.Source.Generation.Paths, move.Uuid, move.Name);
        return (seen.Source.IsActive, image) switch
        {
            // The answer may be what failed, and not the save.
            (false, { Problem: null }) => $"saved: {image.InWords}",
            (true, _) => throw new AdapterException($"libvirt {session.Source.Generation.Name}", "save", $"{watch.Aborted ?? "it runs on"} ({failure ?? "no error was told"})"),
            _ => throw new OwnershipException(
                $"VM {move.Name} ({move.Uuid}) does not run any more, and its managed save image cannot be restored: {image?.Problem ?? "there is none"} ({failure ?? "no error was told"})",
                "Look into libvirt's log of it; a start boots it anew."),
        };
    }

    /// <summary>Whether it still goes on; the call can end before it, where libvirt-dbus dies.</summary>
    private async Task<bool> RunsAsync(Task call, PlannedMove move, MigrationWatch watch)
    {
        try
        {
            if (await Domains.GetJobAsync(move.Uuid, CancellationToken.None) is not { Runs: true } job)
                return !call.IsCompleted;
            watch.Saw(job);
            session.Observer.OnEvent(MoveProgress.Of(session.Time.GetUtcNow(), move, job));
            return true;
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            session.Notice($"{move.Name}: progress cannot be read: {exception.Message}");
            return !call.IsCompleted;
        }
    }

    private async Task AbortAsync(PlannedMove move, MigrationWatch watch, string why)
    {
        if (watch.Abort(why) > AbortLimit)
            throw new DeadlineException($"libvirt to end the save of {move.Name}", AbortLimit, $"it was told to because {watch.Aborted}");
        try
        {
            await Domains.AbortJobAsync(move.Uuid, CancellationToken.None);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            session.Notice($"{move.Name}: the save could not be aborted yet: {exception.Message}");
        }
    }

    private static async Task<string?> FailureAsync(Task call)
    {
        try
        {
            await call;
            return null;
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            return exception.Message;
        }
    }
}
