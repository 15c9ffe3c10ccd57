using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>What was agreed to beforehand, with an operation itself or by the configuration, needs no second question.</summary>
internal sealed class Consent : ISwapApproval
{
    /// <inheritdoc/>
    public Task<bool> ApproveAsync(SwapPlan plan, CancellationToken cancellationToken) => Task.FromResult(true);
}
