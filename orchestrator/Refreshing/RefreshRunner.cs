using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Fleet;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Locking;
using HostSwap.Orchestrator.Processes;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>
/// One refresh from its beginning to its end: <c>Check → Interlocks → Build → Swap → Soak → TidyUp</c>. When anything is doubtful
/// nothing is moved, and the record says why.
/// </summary>
public sealed class RefreshRunner(IOuterHost host, HostSwapSettings settings, IProgramRunner programs, TimeProvider time, IRefreshObserver observer)
{
    private readonly RefreshRecords _records = new(settings.Paths.Refreshes);

    /// <summary>Sees to it that not too many servers are refreshed at once.</summary>
    public IFleetLock Fleet { get; init; } = FleetLocks.Open(settings, time);

    /// <summary>Refreshes, as far as it is asked to, and, where it begins by itself, as far as the schedule lets it.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="ended">Is told once what came of it, whatever that is; what it returns is kept.</param>
    /// <param name="stop">Interrupts in order.</param>
    /// <exception cref="LockedException">Another refresh goes on.</exception>
    /// <exception cref="HostSwapException">It failed; its record says so as well.</exception>
    public async Task<RefreshResult> RunAsync(RefreshRequest request, Func<RefreshRecord, Task<RefreshRecord>> ended, CancellationToken stop)
    {
        using var held = OuterHostLock.Acquire(settings.Paths.RefreshLock, "refresh", time);
        var past = _records.Newest(RefreshRecords.Kept);
        var decision = request.Scheduled
            ? RefreshSchedule.Of(settings, time).Decide(time.GetUtcNow(), past)
            : new RefreshDecision(RefreshScope.Whole, "somebody asks for it");
        if (decision.Scope == RefreshScope.Nothing)
            return new RefreshResult(decision, Record: null);
        var run = new RefreshRun(_records, observer, time, request.Scheduled, decision.Window);
        try
        {
            await GoAsync(run, request, decision, past, stop);
        }
        catch (HostSwapException exception) when (exception is HeldException or FleetBusyException)
        {
            run.End(RefreshOutcome.Vetoed, exception.Message);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            run.End(RefreshOutcome.Stopped, "it was interrupted before anything was moved");
            throw;
        }
        catch (HostSwapException exception)
        {
            run.End(exception is OwnershipException ? RefreshOutcome.NeedsPerson : RefreshOutcome.Failed, exception.Message);
            throw;
        }
        finally
        {
            var known = await ended(run.Record);
            run.Note(_ => known);
        }

        return new RefreshResult(decision, run.Record);
    }

    private async Task<RefreshRecord> GoAsync(
        RefreshRun run, RefreshRequest request, RefreshDecision decision, IReadOnlyList<RefreshRecord> past, CancellationToken stop)
    {
        var swap = new RefreshSwap(host, settings, programs, Fleet, time, observer, run);
        if (request.Extent == RefreshExtent.Whole && decision.Scope == RefreshScope.Whole && (await host.GetStatusAsync(stop)).UnfinishedSwap is { } unfinished)
        {
            // What met the last window's end is gone on with in this one; everything else that is unfinished is for a person.
            return past.FirstOrDefault(static record => record.Operation is not null) is { Outcome: RefreshOutcome.Stopped } && request.Scheduled
                ? await swap.ResumeAsync(stop)
                : throw new UnfinishedException(unfinished, "an earlier swap");
        }

        var updates = await run.StageAsync(RefreshStage.Check, async () =>
        {
            var found = await host.CheckUpdatesAsync(stop);
            return (found, InWords(found));
        });
        run.Note(record => record with { Updates = updates, ImageId = updates.ImageId });
        if (!updates.IsAny)
            return run.End(RefreshOutcome.Nothing, $"{updates.Image} is up to date, and active");
        if (request.Extent == RefreshExtent.Check || decision.Scope == RefreshScope.Check)
            return run.End(RefreshOutcome.Ended, InWords(updates));
        if (decision.Scope == RefreshScope.Urgent && !IsUrgent(updates))
            return run.End(RefreshOutcome.Ended, $"{InWords(updates)}; none is urgent, and {decision.Reason}");

        if (request.Extent == RefreshExtent.Whole)
        {
            if (await AgainstAsync(run, stop) is { } vetoed)
                return vetoed;
            if (TooLate(decision.Window, past) is { } late)
                return run.End(RefreshOutcome.Deferred, late);
        }

        if (updates.NeedsBuild)
        {
            var built = await BuildAsync(run, updates, stop);
            if (request.Extent == RefreshExtent.Build)
                return run.End(RefreshOutcome.Ended, built.Made ? $"{updates.Image} is built" : $"{updates.Image} is as it was");
            if (string.Equals(built.ImageId, updates.ActiveImageId, StringComparison.Ordinal))
                return run.End(RefreshOutcome.Nothing, $"{updates.Image} has come out as it was, and is active");
        }
        else if (request.Extent == RefreshExtent.Build)
        {
            return run.End(RefreshOutcome.Nothing, $"{updates.Image} is up to date");
        }

        if (request.Extent == RefreshExtent.Plan)
            return await PlanAsync(run, stop);
        return await AgainstAsync(run, stop) ?? await swap.RunAsync(decision.Window, stop);
    }

    /// <summary>What wants to be asked twice: a build takes minutes, in which a backup may begin.</summary>
    private async Task<RefreshRecord?> AgainstAsync(RefreshRun run, CancellationToken stop)
    {
        var against = await run.StageAsync(RefreshStage.Interlocks, async () =>
        {
            var said = await new Interlocks(settings.Refresh, programs).AskAsync(host.GetHolds(), stop);
            return (said, said.Count == 0 ? "nothing speaks against it" : string.Join("; ", said));
        });
        return against.Count == 0 ? null : run.End(RefreshOutcome.Vetoed, string.Join("; ", against));
    }

    private async Task<ImageBuild> BuildAsync(RefreshRun run, UpdateReport updates, CancellationToken stop)
    {
        var hooks = new StageHooks(settings, programs, run);
        var built = await run.StageAsync(RefreshStage.Build, async () =>
        {
            await hooks.RunAsync(HookMoment.BeforeBuild, mayStop: true, "", stop);
            var made = await host.BuildImageAsync(updates, observer.OnLine, stop);
            return (made, made.Made ? $"{updates.Image} is built" : $"{updates.Image} is as it was");
        });
        run.Note(record => record with { ImageId = built.ImageId, Changed = record.Changed || built.Made });
        await hooks.RunAsync(HookMoment.AfterBuild, mayStop: true, built.Made ? "built" : "unchanged", stop);
        return built;
    }

    private async Task<RefreshRecord> PlanAsync(RefreshRun run, CancellationToken stop)
    {
        var plan = await run.StageAsync(RefreshStage.Plan, async () =>
        {
            var made = await host.PlanAsync(image: null, observer, stop);
            return (made, string.Create(CultureInfo.InvariantCulture, $"{made.Moves.Count} VM(s), {made.Blockers.Count} blocker(s)"));
        });
        foreach (var warning in plan.Warnings)
            run.Warn(warning);
        return plan.Blockers.Count == 0
            ? run.End(RefreshOutcome.Ended, string.Create(CultureInfo.InvariantCulture, $"{plan.Moves.Count} VM(s) could move to {plan.Image}"))
            : run.End(RefreshOutcome.Refused, string.Join("; ", plan.Blockers.Select(static blocker => $"{blocker.Subject}: {blocker.Problem}")));
    }

    /// <summary>Whether, by what the last build and swap took, so little of the window is left that nothing needs to be begun.</summary>
    private string? TooLate(OpenWindow? window, IReadOnlyList<RefreshRecord> past)
    {
        var took = new[] { RefreshStage.Build, RefreshStage.Swap }
            .Select(stage => past.SelectMany(static record => record.Stages).FirstOrDefault(record => record.Stage == stage && record.FinishedAt is not null))
            .OfType<RefreshStageRecord>()
            .Aggregate(TimeSpan.Zero, static (sum, stage) => sum + (stage.FinishedAt!.Value - stage.StartedAt));
        return new WindowGate([], window, time).TooLate(took, "by what the last build and swap took here");
    }

    private bool IsUrgent(UpdateReport updates) => updates.Packages.Any(package =>
        package.Security && (settings.Refresh.Urgent.Count == 0 || settings.Refresh.Urgent.Any(pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, package.Name, ignoreCase: false))));

    private static string InWords(UpdateReport updates)
    {
        List<string> words = [];
        if (updates.ImageId is null)
            words.Add($"there is no image {updates.Image} yet");
        if (updates.Packages.Count > 0)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{updates.Packages.Count} package(s) are newer, {updates.SecurityCount} of them for security"));
        if (updates.RecipeChanged)
            words.Add("recipe, overlay or APT's sources have changed");
        if (updates is { NeedsBuild: false, NeedsSwap: true })
            words.Add($"{updates.Image} is built, and not active yet");
        return words.Count == 0 ? "nothing is newer" : string.Join("; ", words);
    }
}
