using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Fleet;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Processes;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>The swap of a refresh, and what follows it. From here on VMs move.</summary>
internal sealed class RefreshSwap(
    IOuterHost host, HostSwapSettings settings, IProgramRunner programs, IFleetLock fleet, TimeProvider time, IRefreshObserver observer, RefreshRun run)
{
    private readonly StageHooks _hooks = new(settings, programs, run);

    /// <summary>Swaps to the configured image, within the window where there is one.</summary>
    public Task<RefreshRecord> RunAsync(OpenWindow? window, CancellationToken stop) =>
        GoAsync(window, (gate, until) => host.SwapAsync(new SwapRequest(Image: null, Force: false, settings.Refresh.OnFailure), gate, observer, until), stop);

    /// <summary>Goes on with a swap that met the end of an earlier window.</summary>
    public Task<RefreshRecord> ResumeAsync(CancellationToken stop) =>
        GoAsync(run.Record.Window, (gate, until) => host.ResumeAsync(new ResumeRequest(Course: null, settings.Refresh.OnFailure), gate, observer, until), stop);

    /// <summary>With a slot of the fleet, from before the swap until the new generation has been watched.</summary>
    private async Task<RefreshRecord> GoAsync(OpenWindow? window, Func<WindowGate, CancellationToken, Task<SwapResult>> swap, CancellationToken stop)
    {
        if (await TakeSlotAsync(window, stop) is not { } slot)
            return run.End(RefreshOutcome.Deferred, $"other servers of the fleet were being refreshed until window {window?.Name} ended");
        try
        {
            return await GoAsync(window, swap, slot, stop);
        }
        finally
        {
            await slot.DisposeAsync();
            if (slot.NotReleased is { } why)
                run.Warn(why);
        }
    }

    /// <summary>Null where the window ends before there is one.</summary>
    private async Task<IFleetSlot?> TakeSlotAsync(OpenWindow? window, CancellationToken stop)
    {
        using var end = window is null ? null : new CancellationTokenSource(Until(window.To), time);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(stop, end?.Token ?? CancellationToken.None);
        try
        {
            return await fleet.AcquireAsync(until.Token);
        }
        catch (OperationCanceledException) when (end is { IsCancellationRequested: true } && !stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<RefreshRecord> GoAsync(OpenWindow? window, Func<WindowGate, CancellationToken, Task<SwapResult>> swap, IFleetSlot slot, CancellationToken stop)
    {
        await _hooks.RunAsync(HookMoment.BeforeSwap, mayStop: true, "", stop);
        var before = await SoakWatch.LookAsync(host, stop);
        var gate = new WindowGate(WindowGate.Measured(host), window, time);
        var result = await run.StageAsync(RefreshStage.Swap, async () =>
        {
            using var end = window is null ? null : new CancellationTokenSource(Until(window.To), time);
            using var until = CancellationTokenSource.CreateLinkedTokenSource(stop, slot.Lost, end?.Token ?? CancellationToken.None);
            var ended = await swap(gate, until.Token);
            return (ended, ended.Summary);
        });
        run.Note(record => record with
        {
            Operation = result.Operation ?? record.Operation,
            Changed = record.Changed || result.Moves.Any(static move => move.State is MoveState.Verified or MoveState.Arrived) || result.Result == OperationResult.Done,
            Warnings = [.. record.Warnings, .. gate.Plan?.Warnings ?? []],
        });

        // Whatever has become of it, these are run: they may have to undo what those before the swap did.
        await _hooks.RunAsync(HookMoment.AfterSwap, mayStop: false, result.Result.ToString(), CancellationToken.None);
        return result.Result switch
        {
            OperationResult.Done => await WatchAsync(result, before, stop),
            OperationResult.NothingToDo => run.End(RefreshOutcome.Nothing, result.Summary),
            OperationResult.Declined => run.End(RefreshOutcome.Deferred, gate.Refusal ?? result.Summary),
            OperationResult.Refused => run.End(RefreshOutcome.Refused, Why(result)),
            OperationResult.Interrupted => await StoppedAsync(result, window, slot, stop),
            OperationResult.FailedOnBothSides => run.End(RefreshOutcome.FailedOnBothSides, Why(result)),
            OperationResult.NeedsPerson => run.End(RefreshOutcome.NeedsPerson, Why(result)),
            _ => run.End(RefreshOutcome.FailedOnOldSide, Why(result)),
        };
    }

    private async Task<RefreshRecord> StoppedAsync(SwapResult result, OpenWindow? window, IFleetSlot slot, CancellationToken stop)
    {
        if (slot.Lost.IsCancellationRequested)
            return run.End(RefreshOutcome.Stopped, $"it was stopped, since the {slot.Description} could not be kept: {result.Summary}");
        if (stop.IsCancellationRequested || window is null)
            return run.End(RefreshOutcome.Stopped, $"it was interrupted: {result.Summary}");
        if (settings.Refresh.AtWindowEnd == EndOfWindow.Stop || (await host.GetStatusAsync(CancellationToken.None)).UnfinishedSwap is null)
            return run.End(RefreshOutcome.Stopped, $"window {window.Name} ended: {result.Summary}");
        return await GoBackAsync($"window {window.Name} ended");
    }

    private async Task<RefreshRecord> WatchAsync(SwapResult result, IReadOnlyList<HealthCheck> before, CancellationToken stop)
    {
        var wrong = await run.StageAsync(RefreshStage.Soak, async () =>
        {
            try
            {
                var seen = await new SoakWatch(host, time, before, result.Active).RunAsync(settings.Refresh.Soak, stop);
                return (seen, seen.Count == 0 ? $"nothing was wrong for {DurationText.Format(settings.Refresh.Soak)}" : string.Join("; ", seen));
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                run.Warn("the new generation was not watched to the end, since that was interrupted");
                return ([], "interrupted");
            }
        });
        await _hooks.RunAsync(HookMoment.AfterSoak, mayStop: false, wrong.Count == 0 ? "good" : "bad", CancellationToken.None);
        if (wrong.Count > 0)
        {
            var why = $"while the new generation was watched: {string.Join("; ", wrong)}";
            return settings.Refresh.OnSoakFailure == SoakFailure.Rollback ? await GoBackAsync(why) : run.End(RefreshOutcome.SoakFailed, why);
        }

        await TidyUpAsync();
        return run.End(RefreshOutcome.Done, result.Summary);
    }

    private async Task<RefreshRecord> GoBackAsync(string why)
    {
        var back = await host.RollbackAsync(FailurePolicy.Stop, new Consent(), observer, CancellationToken.None);
        return back.Result == OperationResult.Done
            ? run.End(RefreshOutcome.RolledBack, $"{why}; {back.Summary}")
            : run.End(back.Result == OperationResult.FailedOnBothSides ? RefreshOutcome.FailedOnBothSides : RefreshOutcome.NeedsPerson, $"{why}; it could not be rolled back: {Why(back)}");
    }

    /// <summary>The host is refreshed; that an old image cannot be removed does not change it.</summary>
    private async Task TidyUpAsync()
    {
        try
        {
            await run.StageAsync(RefreshStage.TidyUp, async () =>
            {
                var removed = await host.PruneImagesAsync(CancellationToken.None);
                return (removed, string.Create(CultureInfo.InvariantCulture, $"{removed.Count} old image(s) removed"));
            });
        }
        catch (HostSwapException exception)
        {
            run.Warn($"old images could not be removed: {exception.Message}");
        }
    }

    private TimeSpan Until(DateTimeOffset moment) => moment > time.GetUtcNow() ? moment - time.GetUtcNow() : TimeSpan.Zero;

    private static string Why(SwapResult result) => result.Problems.Count == 0 ? result.Summary : $"{result.Summary}: {string.Join("; ", result.Problems)}";
}
