using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Brings an ordinary libvirt server into the scheme: a swap whose old side is the outer host's own libvirt. It is the same in
/// all that counts, so that whatever is interrupted is resumed, and can be rolled back, as any swap.
/// </summary>
public sealed class AdoptRunner(OuterHostParts parts, ISwapObserver observer, ISwapApproval approval)
{
    private readonly SwapPreparation _preparation = new(parts, observer);
    private readonly StepRecorder _steps = new(observer, parts.Time);

    /// <summary>Adopts. The caller holds the outer host's lock.</summary>
    /// <exception cref="UnfinishedException">An earlier operation must be ended first; nothing was touched.</exception>
    /// <exception cref="Holding.HeldException">Somebody has asked that none begins; nothing was touched.</exception>
    /// <exception cref="EnvironmentException">The outer host's libvirt cannot be reached, or the image is unusable.</exception>
    public async Task<SwapResult> RunAsync(SwapRequest request, CancellationToken stop)
    {
        var start = await _steps.RunAsync(SwapStep.Preflight, async () =>
        {
            Unfinished.ThrowIfAny(parts.Journal);
            parts.Holds.ThrowIfHeld();
            var found = await new OuterEntry(parts).EnterAsync(request.Image, stop);
            return (found, $"{found.Source.Name} is the outer host with its own libvirt");
        });
        var operation = new MoverOperation(parts, observer, approval, request.OnFailure);
        return await operation.RunAsync(
            OperationKind.Adopt,
            start.Source,
            new SwapDetail(start.Source.Number, start.Candidate?.Number ?? parts.Generations.NextNumber(), start.Reference, start.Image.Id),
            async token => await operation.GoForwardAsync(start.Source, await _preparation.StartCandidateAsync(operation.Log, start, token), token),
            stop);
    }

    /// <summary>Puts every VM back into the outer host's own libvirt. In the middle of an adoption this is a resumption on the way back.</summary>
    /// <exception cref="EnvironmentException">It was not adopted, or is not kept any more.</exception>
    public async Task<SwapResult> ReturnAsync(FailurePolicy onFailure, CancellationToken stop)
    {
        var rollback = new RollbackRunner(parts, observer, approval);
        if (parts.Journal.UnfinishedOperations().Count > 0)
            return await rollback.RunAsync(onFailure, stop);
        var (active, outer) = await _steps.RunAsync(SwapStep.Preflight, () =>
        {
            var found = (Active: parts.Generations.Active(), Outer: Outer());
            return Task.FromResult((found, $"{found.Active.Name} is active; {found.Outer.Name} is the outer host with its own libvirt"));
        });
        return active.IsOuter
            ? Unfinished.NothingToDo(parts, observer, "every VM is in the outer host's own libvirt")
            : await rollback.RunAsync(active, outer, onFailure, stop);
    }

    private Generation Outer() => parts.Generations.All().FirstOrDefault(static generation => generation.IsOuter) ?? throw new EnvironmentException(
        "the outer host's own libvirt takes no part any more: nothing was adopted, or generation.keep_retired is over",
        $"What was adopted is written down below {parts.Settings.Paths.Adopted}; VMs can be defined there anew from it.");
}
