using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping.Steps;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// One swap from beginning to end: <c>Preflight → StartCandidate → AwaitReady → Plan → ReplicateInventory →
/// MoveDomains → Verify → Activate → Retire</c>. Whatever fails, every VM is left running on one side, a candidate that
/// holds nothing is removed, and the result says where everything is.
/// </summary>
public sealed class SwapRunner(OuterHostParts parts, ISwapObserver observer, ISwapApproval approval)
{
    private readonly SwapPreparation _preparation = new(parts, observer);
    private readonly StepRecorder _steps = new(observer, parts.Time);
    private readonly long _began = parts.Time.GetTimestamp();

    private SwapPlan? _plan;
    private MoveDomainsStep? _moves;
    private SwapSession? _session;

    /// <summary>Swaps. The caller holds the outer host's lock.</summary>
    public async Task<SwapResult> RunAsync(SwapRequest request, CancellationToken cancellationToken)
    {
        var (start, earlier) = await _steps.RunAsync(SwapStep.Preflight, async () =>
        {
            var found = await _preparation.FindStartAsync(request.Image, cancellationToken);
            var unfinished = parts.Journal.UnfinishedOperations().FirstOrDefault();
            return ((found, unfinished), unfinished is null ? $"{found.Source.Name} is active" : $"continues swap {unfinished.Id}");
        });
        var sameImage = string.Equals(start.Source.Record.ImageId, start.Image.Id, StringComparison.Ordinal);
        if (sameImage && !request.Force && start.Candidate is null && earlier is null)
            return NothingToDo(start);

        var number = start.Candidate?.Number ?? parts.Generations.NextNumber();
        var detail = new SwapDetail(start.Source.Number, number, start.Reference, start.Image.Id);
        var operation = parts.Journal.Begin(OperationKind.Swap, $"{start.Source.Name} → {start.Reference}", detail.ToJson());
        var log = new EffectLog(parts.Journal, operation.Id);
        observer.OnEvent(new SwapStarted(parts.Time.GetUtcNow(), operation.Id, start.Source.Number, start.Reference));
        try
        {
            var result = await CarryOutAsync(log, start, request, earlier, cancellationToken);
            parts.Journal.Finish(operation.Id, result.Result, result.Summary, detail.ToJson(), IsResumable(result.Result));
            observer.OnEvent(new SwapFinished(parts.Time.GetUtcNow(), result));
            return result;
        }
        finally
        {
            if (_session is not null)
            {
                await _session.Source.Libvirt.DisposeAsync();
                await _session.Target.Libvirt.DisposeAsync();
            }
        }
    }

    private async Task<SwapResult> CarryOutAsync(
        EffectLog log, SwapStart start, SwapRequest request, Operation? earlier, CancellationToken cancellationToken)
    {
        try
        {
            if (earlier is not null)
                await CompleteEarlierAsync(log, start.Source);
            if (start.Candidate is null && !request.Force && string.Equals(start.Source.Record.ImageId, start.Image.Id, StringComparison.Ordinal))
                return Result(log, OperationResult.Done, $"{start.Source.Name} is active; what an earlier swap had left undone is done", []);

            await new RetireStep(parts, log).RemoveExpiredAsync();
            var candidate = await _preparation.StartCandidateAsync(log, start, cancellationToken);
            return await MoveAsync(log, start, candidate, continues: earlier is not null, cancellationToken);
        }
        catch (JournalException)
        {
            throw; // Nothing may happen any more that could not be recorded.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return await EndAsync(log, start.Source, OperationResult.Interrupted, ["the swap was interrupted"]);
        }
        catch (StepFailedException exception)
        {
            return await EndAsync(log, start.Source, OperationResult.FailedOnOldSide, exception.Problems);
        }
        catch (HostSwapException exception)
        {
            return await EndAsync(log, start.Source, OperationResult.FailedOnOldSide, [exception.Message]);
        }
    }

    private async Task<SwapResult> MoveAsync(
        EffectLog log, SwapStart start, Generation candidate, bool continues, CancellationToken cancellationToken)
    {
        (_session, var readiness) = await _preparation.ConnectAsync(log, start.Source, candidate, cancellationToken);
        var session = _session;
        if (continues)
            await AwaitEarlierMovesStep.RunAsync(session, cancellationToken);
        _plan = await _preparation.PlanAsync(session, readiness, cancellationToken);
        if (_plan.Blockers.Count > 0)
            return await EndAsync(log, start.Source, OperationResult.Refused, [.. _plan.Blockers.Select(blocker => $"{blocker.Subject}: {blocker.Problem}")]);
        if (!await approval.ApproveAsync(_plan, cancellationToken))
            return await EndAsync(log, start.Source, OperationResult.Declined, []);

        await _steps.RunAsync(SwapStep.ReplicateInventory, () => ReplicateInventoryStep.RunAsync(session, cancellationToken));
        _moves = new MoveDomainsStep(session, token => _preparation.ReplanAsync(session, token));
        await _steps.RunAsync(SwapStep.MoveDomains, () => _moves.RunAsync(_plan, cancellationToken));

        // From here every VM is on the new side: stopping half-way would be worse than the second that is left.
        await _steps.RunAsync(SwapStep.Verify, () => VerifyStep.RunAsync(session, _moves.Outcomes, parts, readiness));
        await _steps.RunAsync(SwapStep.Activate, () => new ActivateStep(parts, log).RunAsync(start.Source, candidate, session.Target.Libvirt.Domains));
        await _steps.RunAsync(SwapStep.Retire, () => new RetireStep(parts, log).RunAsync(start.Source));
        return Result(log, OperationResult.Done, $"{candidate.Name} ({start.Reference}) is active with {_moves.Outcomes.Count} VM(s); {start.Source.Name} is retired", []);
    }

    /// <summary>An earlier hostctl may have died after the switch was recorded: what follows the switch is done again.</summary>
    private async Task CompleteEarlierAsync(EffectLog log, Generation active)
    {
        await using var libvirt = parts.Connector.ConnectLibvirt(active);
        await new ActivateStep(parts, log).CompleteAsync(active, libvirt.Domains);
        foreach (var old in parts.Generations.All().Where(generation => generation.Role == GenerationRole.Retired))
        {
            if (await parts.Engine.FindContainerAsync(old.ContainerName, CancellationToken.None) is { Running: true })
                await new RetireStep(parts, log).RunAsync(old);
        }
    }

    /// <summary>Ends a swap that did not come through: from what is recorded and seen, not from what was tried.</summary>
    private async Task<SwapResult> EndAsync(EffectLog log, Generation source, OperationResult wanted, IReadOnlyList<string> problems)
    {
        var found = new List<string>(problems);
        // Once the switch is recorded there is no candidate any more, and nothing that may be removed.
        var switched = parts.Generations.FindActive()?.Number != source.Number;
        var candidate = parts.Generations.FindCandidate();
        var gone = candidate is null && !switched;
        if (candidate is not null)
        {
            try
            {
                gone = await _preparation.DiscardAsync(log, candidate);
            }
            catch (HostSwapException exception) when (exception is not JournalException)
            {
                found.Add($"{candidate.Name} could not be removed: {exception.Message}");
            }
        }

        var result = Judge(wanted, gone);
        return Result(log, result, Summarise(result, candidate, switched), found);
    }

    private OperationResult Judge(OperationResult wanted, bool candidateGone)
    {
        var moves = _moves?.Outcomes ?? [];
        var unclear = moves.Any(move => move.State == MoveState.Lost || (move is { State: MoveState.Left, Elapsed: not null }));
        if (unclear)
            return OperationResult.NeedsPerson;
        if (wanted == OperationResult.FailedOnOldSide && !candidateGone)
            return OperationResult.FailedOnBothSides;
        return wanted;
    }

    private string Summarise(OperationResult result, Generation? candidate, bool switched)
    {
        var there = (_moves?.Outcomes ?? []).Count(move => move.State is MoveState.Verified or MoveState.Arrived);
        return result switch
        {
            OperationResult.Refused => "refused by the plan; nothing was touched",
            OperationResult.Declined => "declined; nothing was touched",
            OperationResult.Interrupted when there == 0 => "interrupted; every VM is on the old side",
            OperationResult.Interrupted => $"interrupted; {there} VM(s) are in {candidate?.Name}, the others on the old side; 'hostctl swap' continues",
            OperationResult.FailedOnOldSide => "failed; every VM is on the old side",
            OperationResult.FailedOnBothSides when switched => "every VM has moved, but the new generation is not fully active or the old one not retired; 'hostctl swap' tries again",
            OperationResult.FailedOnBothSides => $"failed; {candidate?.Name} already holds VMs of this swap, the others are on the old side; 'hostctl swap' continues",
            _ => "stopped: a VM was lost, or who owns one is unclear; see 'hostctl show'",
        };
    }

    private bool IsResumable(OperationResult result) =>
        result is OperationResult.FailedOnBothSides or OperationResult.NeedsPerson
        || (result == OperationResult.Interrupted && parts.Generations.FindCandidate() is not null);

    private SwapResult NothingToDo(SwapStart start)
    {
        var result = new SwapResult(
            Operation: null,
            OperationResult.NothingToDo,
            $"{start.Source.Name} already runs {start.Reference}",
            start.Source.Number,
            parts.Time.GetElapsedTime(_began),
            Plan: null,
            Moves: [],
            Problems: []);
        observer.OnEvent(new SwapFinished(parts.Time.GetUtcNow(), result));
        return result;
    }

    private SwapResult Result(EffectLog log, OperationResult result, string summary, IReadOnlyList<string> problems) => new(
        log.Operation,
        result,
        summary,
        parts.Generations.FindActive()?.Number ?? 0,
        parts.Time.GetElapsedTime(_began),
        _plan,
        _moves?.Outcomes ?? [],
        problems);
}
