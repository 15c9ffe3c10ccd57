using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
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

    /// <summary>Swaps. The caller holds the outer host's lock.</summary>
    /// <exception cref="UnfinishedException">An earlier operation must be ended first; nothing was touched.</exception>
    /// <exception cref="Holding.HeldException">Somebody has asked that none begins; nothing was touched.</exception>
    public async Task<SwapResult> RunAsync(SwapRequest request, CancellationToken stop)
    {
        var start = await _steps.RunAsync(SwapStep.Preflight, async () =>
        {
            Unfinished.ThrowIfAny(parts.Journal);
            parts.Holds.ThrowIfHeld();
            var found = await _preparation.FindStartAsync(request.Image, stop);
            return (found, $"{found.Source.Name} is active");
        });
        if (!request.Force && start.Candidate is null && string.Equals(start.Source.Record.ImageId, start.Image.Id, StringComparison.Ordinal))
            return Unfinished.NothingToDo(parts, observer, $"{start.Source.Name} already runs {start.Reference}");

        var operation = new MoverOperation(parts, observer, approval, request.OnFailure);
        var detail = new SwapDetail(start.Source.Number, start.Candidate?.Number ?? parts.Generations.NextNumber(), start.Reference, start.Image.Id);
        return await operation.RunAsync(
            OperationKind.Swap,
            start.Source,
            detail,
            async token =>
            {
                // Whoever swaps again has accepted the generation that the last swap led to.
                await new RetireStep(parts, operation.Log).RetireDueAsync(now: true);
                var candidate = await _preparation.StartCandidateAsync(operation.Log, start, token);
                return await operation.GoForwardAsync(start.Source, candidate, token);
            },
            stop);
    }
}
