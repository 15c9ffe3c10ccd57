using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Stops a VM by saving it: its guest stands still from here until it is restored. What could not be saved runs on where it is.
/// </summary>
internal sealed class SavedStop(SwapSession session)
{
    private readonly Fence _fence = new(session);

    /// <summary>Saves it.</summary>
    /// <param name="move">The VM.</param>
    /// <param name="stop">Interrupts it in order: the VM then runs on.</param>
    /// <exception cref="AdapterException">It could not be saved.</exception>
    /// <exception cref="DeadlineException">libvirt does not come to an end.</exception>
    public Task RunAsync(PlannedMove move, CancellationToken stop) => session.Log.DoAsync(Restarts.SaveStep, move.Uuid.ToString(), () => SaveAsync(move, stop));

    private async Task<string> SaveAsync(PlannedMove move, CancellationToken stop)
    {
        var call = new JobCall(session, move, "save", session.Source.Libvirt.Domains.ManagedSaveAsync(move.Uuid, CancellationToken.None));
        while (await call.RunsAsync(static _ => Task.FromResult(true)))
        {
            if (call.Watch.WhyGiveUp(stop) is { } why)
                await call.AbortAsync(why);
            await call.WaitAsync(call.Watch.Aborted is null ? stop : CancellationToken.None);
        }

        var failure = (await call.OutcomeAsync()).Failure ?? "no error was told";
        var seen = await _fence.LookAsync(move.Uuid, CancellationToken.None);
        var image = SavedImage.Inspect(session.Source.Generation.Paths, move.Uuid, move.Name);
        return (seen.Source.IsActive, image) switch
        {
            // The answer may be what failed, and not the save.
            (false, { Problem: null }) => $"saved: {image.InWords}",
            (true, _) => throw new AdapterException($"libvirt {session.Source.Generation.Name}", "save", $"it runs on: {failure}"),
            _ => throw new OwnershipException(
                $"VM {move.Name} ({move.Uuid}) does not run any more, and its managed save image cannot be restored: {image?.Problem ?? "there is none"} ({failure})",
                "Look into libvirt's log of it; a start boots it anew."),
        };
    }
}
