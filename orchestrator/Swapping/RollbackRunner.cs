using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Puts the VMs back into the previous generation: a swap whose candidate is the generation that was retired last. While
/// it still soaks, nothing has to be started for that.
/// </summary>
public sealed class RollbackRunner(OuterHostParts parts, ISwapObserver observer, ISwapApproval approval)
{
    private readonly SwapPreparation _preparation = new(parts, observer);
    private readonly StepRecorder _steps = new(observer, parts.Time);

    /// <summary>Rolls back. In mid-swap this is a resumption on the way back. The caller holds the outer host's lock.</summary>
    /// <exception cref="EnvironmentException">No previous generation is kept.</exception>
    public async Task<SwapResult> RunAsync(FailurePolicy onFailure, CancellationToken stop)
    {
        if (parts.Journal.UnfinishedOperations().Count > 0)
            return await new ResumeRunner(parts, observer, approval).RunAsync(new ResumeRequest(SwapCourse.Back, onFailure), stop);

        var (active, previous) = await _steps.RunAsync(SwapStep.Preflight, () =>
        {
            var found = (Active: parts.Generations.Active(), Previous: parts.Generations.Previous());
            return Task.FromResult((found, $"{found.Active.Name} is active, {found.Previous.Name} ({found.Previous.Record.Image}) was before it"));
        });
        return await RunAsync(active, previous, onFailure, stop);
    }

    /// <summary>Rolls back between two generations that are known.</summary>
    internal async Task<SwapResult> RunAsync(Generation active, Generation previous, FailurePolicy onFailure, CancellationToken stop)
    {
        var operation = new MoverOperation(parts, observer, approval, onFailure);
        return await operation.RunAsync(
            OperationKind.Rollback,
            active,
            new SwapDetail(active.Number, previous.Number, previous.Record.Image, previous.Record.ImageId),
            async token => await operation.GoForwardAsync(active, await _preparation.RecallAsync(operation.Log, previous, token), token),
            stop);
    }
}
