using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping.Canaries;
using HostSwap.Orchestrator.Swapping.Steps;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Makes a plan against a real candidate, which is removed again.</summary>
public sealed class PlanRunner(OuterHostParts parts, ISwapObserver observer)
{
    private readonly SwapPreparation _preparation = new(parts, observer);

    /// <summary>Makes the plan of a swap. The caller holds the outer host's lock.</summary>
    public async Task<SwapPlan> RunAsync(string? image, CancellationToken cancellationToken)
    {
        Unfinished.ThrowIfAny(parts.Journal);
        var start = await _preparation.FindStartAsync(image, cancellationToken);
        return await RunAsync(
            start.Source, start.Reference, log => _preparation.StartCandidateAsync(log, start, cancellationToken), cancellationToken);
    }

    /// <summary>Makes the plan of an adoption of the outer host's own libvirt. The caller holds the outer host's lock.</summary>
    public async Task<SwapPlan> RunAdoptionAsync(string? image, CancellationToken cancellationToken)
    {
        Unfinished.ThrowIfAny(parts.Journal);
        var start = await new OuterEntry(parts).EnterAsync(image, cancellationToken);
        return await RunAsync(
            start.Source, start.Reference, log => _preparation.StartCandidateAsync(log, start, cancellationToken), cancellationToken);
    }

    /// <summary>Makes the plan of a rollback; in mid-swap, of the way back.</summary>
    public async Task<SwapPlan> RunRollbackAsync(CancellationToken cancellationToken)
    {
        var active = parts.Generations.Active();
        if (parts.Journal.UnfinishedOperations().Count == 0)
        {
            var previous = parts.Generations.Previous();
            return await RunAsync(
                active, previous.Record.Image, log => _preparation.RecallAsync(log, previous, cancellationToken), cancellationToken);
        }

        var candidate = parts.Generations.FindCandidate() ?? throw new EnvironmentException(
            "the unfinished operation has no candidate that anything could return from", "Run 'hostctl resume' first.");
        return await RunAsync(
            candidate, active.Record.Image, async log =>
            {
                await _preparation.StartAsync(log, candidate, cancellationToken);
                return active;
            },
            cancellationToken);
    }

    private async Task<SwapPlan> RunAsync(
        Generation source, string reference, Func<EffectLog, Task<Generation>> bringUp, CancellationToken cancellationToken)
    {
        var operation = parts.Journal.Begin(OperationKind.Plan, $"{source.Name} → {reference}", "{}");
        var log = new EffectLog(parts.Journal, operation.Id);
        var (result, summary) = (OperationResult.FailedOnOldSide, "");
        try
        {
            await new LeftCanaries(parts, log).EndAsync(message => observer.OnEvent(new SwapNotice(parts.Time.GetUtcNow(), message)));
            var target = await bringUp(log);
            var (session, readiness) = await _preparation.ConnectAsync(log, source, target, cancellationToken);
            await using var connected = session;
            // In mid-swap nothing more is started in either generation.
            var mayFly = parts.Journal.UnfinishedOperations().Count == 0;
            var plan = await _preparation.PlanAsync(session, readiness, mayFly, cancellationToken);
            (result, summary) = plan.Blockers.Count == 0
                ? (OperationResult.Done, $"{plan.Moves.Count} VM(s) could move")
                : (OperationResult.Refused, $"{plan.Blockers.Count} blocker(s)");
            return plan;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            (result, summary) = (OperationResult.Interrupted, "interrupted");
            throw;
        }
        catch (HostSwapException exception) when (exception is not JournalException)
        {
            summary = exception.Message;
            throw;
        }
        finally
        {
            // In mid-swap the candidate belongs to the unfinished operation.
            if (parts.Journal.UnfinishedOperations().Count == 0 && parts.Generations.FindCandidate() is { } candidate)
                await new DismissStep(parts, log).RunAsync(candidate);
            parts.Journal.Finish(operation.Id, result, summary, "{}", OperationEnding.Untouched);
            if (parts.Journal.UnfinishedOperations().Count == 0)
                new OuterEntry(parts).Leave();
        }
    }
}
