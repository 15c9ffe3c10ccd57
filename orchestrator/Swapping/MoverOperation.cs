using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Locking;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping.Canaries;
using HostSwap.Orchestrator.Swapping.Steps;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// What <c>swap</c>, <c>resume</c> and <c>rollback</c> have in common: the record from its first line to its last, the
/// two ways that VMs can go, and an end that is judged by what is recorded and seen, not by what was tried.
/// </summary>
internal sealed class MoverOperation(OuterHostParts parts, ISwapObserver observer, ISwapApproval approval, FailurePolicy onFailure)
{
    private readonly StepRecorder _steps = new(observer, parts.Time);
    private readonly long _began = parts.Time.GetTimestamp();
    private readonly Dictionary<Guid, MoveOutcome> _outcomes = [];
    private readonly List<string> _problems = [];

    private SwapPlan? _plan;
    private Generation? _origin;
    private bool _returned;
    private bool _leaves;

    /// <summary>Carries out and journals side effects; usable once the operation runs.</summary>
    public EffectLog Log { get; private set; } = null!;

    /// <summary>What the journal keeps of it.</summary>
    public SwapDetail Detail { get; private set; } = null!;

    /// <summary>Runs an operation: whatever its body does or throws, the journal says how it ended.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="origin">The generation that is active when it begins.</param>
    /// <param name="detail">What the journal is to keep of it.</param>
    /// <param name="body">Does it; returns a sentence on what is done.</param>
    /// <param name="stop">Interrupts in order.</param>
    public async Task<SwapResult> RunAsync(
        OperationKind kind, Generation origin, SwapDetail detail, Func<CancellationToken, Task<string>> body, CancellationToken stop)
    {
        (_origin, Detail) = (origin, detail);
        var operation = parts.Journal.Begin(kind, $"{origin.Name} → {detail.Image}", detail.ToJson());
        Log = new EffectLog(parts.Journal, operation.Id);
        observer.OnEvent(new SwapStarted(parts.Time.GetUtcNow(), operation.Id, origin.Number, detail.Image, kind));

        var (result, summary) = await AttemptAsync(
            async token =>
            {
                await new LeftCanaries(parts, Log).EndAsync(Notice);
                return await body(token);
            },
            stop);
        if (MustReturn(result))
            (result, summary) = await ReturnAsync(result);
        var allRun = await MakeWholeAsync();
        if (!allRun && result == OperationResult.Done)
            result = OperationResult.NeedsPerson;
        var (ended, ending) = result == OperationResult.Done ? (Result(Judge(result, onOneSide: true), summary), OperationEnding.Settled) : await EndAsync(result);
        parts.Journal.Finish(operation.Id, ended.Result, ended.Summary, Detail.ToJson(), allRun ? ending : OperationEnding.Resumable);
        if (allRun && ending == OperationEnding.Settled)
            new OuterEntry(parts).Leave();
        observer.OnEvent(new SwapFinished(parts.Time.GetUtcNow(), ended));
        return ended;
    }

    /// <summary>Everything goes from the active generation to the candidate, which takes its place.</summary>
    public async Task<string> GoForwardAsync(Generation source, Generation candidate, CancellationToken stop)
    {
        await using var crossing = await CrossAsync((source, candidate), approval, stop);
        await _steps.RunAsync(SwapStep.Activate, () => new ActivateStep(parts, Log, Notice).RunAsync(source, candidate, crossing.Session.Target.Libvirt.Domains));
        var retired = parts.Generations.All().Single(generation => generation.Number == source.Number);
        var end = "";
        await _steps.RunAsync(SwapStep.Retire, async () => end = await new RetireStep(parts, Log).RunAsync(retired));
        return $"{candidate.Name} ({candidate.Record.Image}) is active with {_outcomes.Count} VM(s); {end}";
    }

    /// <summary>Everything that the candidate holds goes back to the active generation, and the candidate is put away.</summary>
    public async Task<string> GoBackAsync(Generation active, Generation candidate, ISwapApproval consent, CancellationToken stop)
    {
        if ((await parts.Contents.FindAsync(candidate, CancellationToken.None)).Count > 0)
        {
            await using var crossing = await CrossAsync((candidate, active), consent, stop);
        }

        // Also where nothing was left to be moved: an earlier hostctl may have died once the last VM was back.
        await ReinstateAsync(active);
        await _steps.RunAsync(SwapStep.Dismiss, () => new DismissStep(parts, Log).RunAsync(candidate));
        _returned = true;
        return $"every VM is in {active.Name} again; {candidate.Name} is put away";
    }

    /// <summary>What follows a recorded switch is done again; VMs that have turned up in an old generation are moved out of it.</summary>
    public async Task<string> CompleteAsync(Generation active, CancellationToken stop)
    {
        await using (var libvirt = parts.Connector.ConnectLibvirt(active))
        {
            // Before the flags are back, by which what has missed its start could no longer be told.
            await new MissedStarts(parts, Log, Notice).CatchUpAsync(active, libvirt.Domains, preferred: null);
            await _steps.RunAsync(SwapStep.Activate, () => new ActivateStep(parts, Log, Notice).CompleteAsync(active, libvirt.Domains));
        }

        foreach (var old in parts.Generations.All().Where(generation => generation.Role == GenerationRole.Retired))
        {
            if ((await parts.Contents.FindAsync(old, CancellationToken.None)).Count == 0)
                continue;
            await parts.Generations.StartAsync(Log, old, stop);
            await using var crossing = await CrossAsync((old, active), approval, stop);
            await new AutostartNotes(parts.Journal).RestoreAsync(Log, active, crossing.Session.Target.Libvirt.Domains);
            await RestoreMetadataAsync(active, crossing.Session.Target.Libvirt.Domains);
        }

        await _steps.RunAsync(SwapStep.Retire, () => new RetireStep(parts, Log).RetireDueAsync());
        return $"{active.Name} is active; everything that was left to do is done";
    }

    /// <summary>A VM that neither side knows any more is told once, and does not keep the others from where they go.</summary>
    public void ReportLost(ReconciledVm lost)
    {
        var reason = $"neither side knows it any more ({lost.Seen})";
        _problems.Add($"{lost.Name} is lost: {reason}");
        _outcomes[lost.Uuid] = new MoveOutcome(
            lost.Uuid, lost.Name, MoveMethod.Copy, MoveState.Lost, reason, BytesTransferred: null, Downtime: null, Elapsed: null);
        parts.Journal.RecordMove(Log.Operation, new MoveRecord(
            lost.Uuid, lost.Name, nameof(MoveMethod.Copy), nameof(MoveState.Lost), reason, Autostart: false, BytesTransferred: null, Downtime: null, Elapsed: null));
        observer.OnEvent(new MoveChanged(parts.Time.GetUtcNow(), lost.Uuid, lost.Name, MoveMethod.Copy, MoveState.Lost, reason));
    }

    /// <summary>Which way VMs go from now on is recorded before the first goes there.</summary>
    public void TurnBack()
    {
        Detail = Detail with { Course = SwapCourse.Back };
        parts.Journal.RecordDetail(Log.Operation, Detail.ToJson());
    }

    /// <summary>
    /// Whatever has become of the operation: no VM stays off that was stopped for its move, or without a device that was taken
    /// from it.
    /// </summary>
    /// <returns>Whether that is so.</returns>
    private async Task<bool> MakeWholeAsync()
    {
        var restarts = new Restarts(parts.Journal, Log, parts.Kernel, Notice);
        var devices = new DetachedDevices(parts.Journal, Log, parts.Time, Notice);
        if (!restarts.Any && !devices.Any)
            return true;
        List<string> problems = [];
        foreach (var generation in parts.Generations.All().Where(static generation => generation.Role is GenerationRole.Active or GenerationRole.Candidate))
        {
            try
            {
                if (await parts.Engine.FindContainerAsync(generation.ContainerName, CancellationToken.None) is not { Running: true })
                    continue;
                await using var libvirt = parts.Connector.ConnectLibvirt(generation);
                problems.AddRange(await restarts.StartAllAsync(generation, libvirt.Domains));
                problems.AddRange(await devices.AttachAllAsync(generation, libvirt.Domains));
            }
            catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
            {
                problems.Add($"whether VMs of {generation.Name} that were stopped for the swap run again, with all their devices, is not known: {exception.Message}");
            }
        }

        _problems.AddRange(problems);
        return problems.Count == 0;
    }

    private void Notice(string message) => observer.OnEvent(new SwapNotice(parts.Time.GetUtcNow(), message));

    private async Task<Crossing> CrossAsync((Generation Source, Generation Target) sides, ISwapApproval consent, CancellationToken stop)
    {
        var crossing = await Crossing.OpenAsync(parts, observer, Log, sides, onFailure, stop);
        try
        {
            await crossing.RunAsync(consent, stop);
            return crossing;
        }
        catch
        {
            await crossing.DisposeAsync();
            throw;
        }
        finally
        {
            _plan = crossing.Plan ?? _plan;
            foreach (var outcome in crossing.Outcomes)
                _outcomes[outcome.Uuid] = outcome;
        }
    }

    private async Task<(OperationResult Result, string Summary)> AttemptAsync(Func<CancellationToken, Task<string>> body, CancellationToken stop)
    {
        try
        {
            return (OperationResult.Done, await body(stop));
        }
        catch (JournalException)
        {
            throw; // Nothing may happen any more that could not be recorded.
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _problems.Add("it was interrupted");
            return (OperationResult.Interrupted, "");
        }
        catch (PlanRefusedException exception)
        {
            _problems.AddRange(exception.Problems);
            return (OperationResult.Refused, "");
        }
        catch (PlanDeclinedException)
        {
            return (OperationResult.Declined, "");
        }
        catch (OwnershipException exception)
        {
            _problems.Add(exception.Message);
            return (OperationResult.NeedsPerson, "");
        }
        catch (StepFailedException exception)
        {
            _leaves = exception.ByPolicy;
            _problems.AddRange(exception.Problems);
            return (OperationResult.FailedOnOldSide, "");
        }
        catch (HostSwapException exception)
        {
            _problems.Add(exception.Message);
            return (OperationResult.FailedOnOldSide, "");
        }
    }

    /// <summary>Whether what has crossed goes back: by the policy after a failure, or since whoever interrupted it wants that.</summary>
    private bool MustReturn(OperationResult result)
    {
        var wanted = (result == OperationResult.FailedOnOldSide && onFailure == FailurePolicy.Rollback && !_leaves)
            || (result == OperationResult.Interrupted && parts.Aborts.TakeWish() == AbortWish.Rollback);
        return wanted && Detail.Course == SwapCourse.Forward && !IsSwitched && !IsUnclear && parts.Generations.FindCandidate() is not null;
    }

    private async Task<(OperationResult Result, string Summary)> ReturnAsync(OperationResult why)
    {
        TurnBack();
        var first = _problems.ToList();
        var (result, summary) = await AttemptAsync(
            token => GoBackAsync(_origin!, parts.Generations.FindCandidate()!, new Consent(), token), CancellationToken.None);
        if (result == OperationResult.Done)
            return (why, summary);
        _problems.InsertRange(first.Count, ["it could not be rolled back:"]);
        return (OperationResult.FailedOnOldSide, summary);
    }

    /// <summary>Ends an operation that did not come through: from what is recorded and seen, not from what was tried.</summary>
    private async Task<(SwapResult Result, OperationEnding Ending)> EndAsync(OperationResult wanted)
    {
        // Once the switch is recorded there is no candidate any more, and nothing that may be removed.
        var candidate = parts.Generations.FindCandidate();
        var gone = candidate is null;
        if (candidate is not null)
        {
            try
            {
                gone = await TryDismissAsync(candidate);
            }
            catch (HostSwapException exception) when (exception is not JournalException)
            {
                _problems.Add($"{candidate.Name} could not be put away: {exception.Message}");
            }
        }

        var onOneSide = gone && !IsSwitched;
        var result = Judge(wanted, onOneSide);
        var ending = onOneSide && !IsUnclear && wanted != OperationResult.NeedsPerson ? OperationEnding.Settled : OperationEnding.Resumable;
        return (Result(result, EndInWords.Of(result, _origin!, candidate, (IsSwitched, onOneSide, _returned), Arrived)), ending);
    }

    /// <summary>A candidate that holds nothing is put away, and every VM is where it was.</summary>
    private async Task<bool> TryDismissAsync(Generation candidate)
    {
        // The operator's Ctrl-C must not leave an orphan container behind, so this is not cancelled.
        if ((await new LeftCanaries(parts, Log).HeldAsync(candidate)).Count > 0)
            return false;

        if (!IsSwitched)
            await ReinstateAsync(_origin!);
        await new DismissStep(parts, Log).RunAsync(candidate);
        return true;
    }

    /// <summary>
    /// The active generation stays what it is: the flags that moves to and fro have cost are put back, whichever of the
    /// unfinished operations noted them, and Docker starts it again where an activation had begun.
    /// </summary>
    private async Task ReinstateAsync(Generation active)
    {
        if (await parts.Engine.FindContainerAsync(active.ContainerName, CancellationToken.None) is { Restart: false })
            await parts.Generations.SetRestartAsync(Log, active, restart: true, CancellationToken.None);

        await using var libvirt = parts.Connector.ConnectLibvirt(active);
        await RestoreMetadataAsync(active, libvirt.Domains);
        var notes = new AutostartNotes(parts.Journal);
        if (notes.Wanted().Count > 0)
            await notes.RestoreAsync(Log, active, libvirt.Domains);
    }

    private async Task RestoreMetadataAsync(Generation generation, ILibvirtDomains domains)
    {
        foreach (var problem in await new KeptMetadata(parts.Settings.Paths, parts.Engine, Log).RestoreAllAsync(generation, domains))
            Notice(problem);
    }

    private OperationResult Judge(OperationResult wanted, bool onOneSide)
    {
        if (IsUnclear || _outcomes.Values.Any(move => move.State == MoveState.Lost))
            return OperationResult.NeedsPerson;
        return wanted == OperationResult.FailedOnOldSide && !onOneSide ? OperationResult.FailedOnBothSides : wanted;
    }

    /// <summary>Whether the switch is recorded, be it by an operation that this one continues: until it is completed, something is left to resume.</summary>
    private bool IsSwitched => Detail.Candidate != Detail.From && parts.Generations.FindActive()?.Number == Detail.Candidate;

    /// <summary>A VM that was left in the middle of its move: who owns it, or whether it is as it should be, is for a person to see.</summary>
    private bool IsUnclear => _outcomes.Values.Any(move => move is { State: MoveState.Left, Elapsed: not null });

    private int Arrived => _outcomes.Values.Count(move => move.State is MoveState.Verified or MoveState.Arrived);

    private SwapResult Result(OperationResult result, string summary) => new(
        Log.Operation,
        result,
        summary,
        parts.Generations.FindActive()?.Number ?? 0,
        parts.Time.GetElapsedTime(_began),
        _plan,
        [.. _outcomes.Values],
        [.. _problems]);
}
