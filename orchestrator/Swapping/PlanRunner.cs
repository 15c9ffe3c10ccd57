using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Makes a plan against a real candidate, which is removed again.</summary>
public sealed class PlanRunner(OuterHostParts parts, ISwapObserver observer)
{
    private readonly SwapPreparation _preparation = new(parts, observer);

    /// <summary>Makes the plan. The caller holds the outer host's lock.</summary>
    public async Task<SwapPlan> RunAsync(string? image, CancellationToken cancellationToken)
    {
        var start = await _preparation.FindStartAsync(image, cancellationToken);
        var operation = parts.Journal.Begin(OperationKind.Plan, $"{start.Source.Name} → {start.Reference}", "{}");
        var log = new EffectLog(parts.Journal, operation.Id);
        var (result, summary) = (OperationResult.FailedOnOldSide, "");
        try
        {
            var candidate = await _preparation.StartCandidateAsync(log, start, cancellationToken);
            var (session, readiness) = await _preparation.ConnectAsync(log, start.Source, candidate, cancellationToken);
            await using var source = session.Source.Libvirt;
            await using var target = session.Target.Libvirt;
            var plan = await _preparation.PlanAsync(session, readiness, cancellationToken);
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
            // One that was there before belongs to an unfinished swap; DiscardAsync keeps it where it holds anything.
            if (parts.Generations.FindCandidate() is { } candidate)
                await _preparation.DiscardAsync(log, candidate);
            parts.Journal.Finish(operation.Id, result, summary, "{}", resumable: false);
        }
    }
}
