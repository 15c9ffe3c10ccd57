using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl rollback</c>.</summary>
internal sealed class RollbackCommand(HostctlServices services, GlobalOptions options)
    : MoverVerb(services, options, "rollback", "Puts every VM back into the previous generation, as long as that is kept; in mid-swap, into the active one.")
{
    /// <inheritdoc/>
    protected override string What => "a rollback";

    /// <inheritdoc/>
    protected override Task<SwapResult> MoveAsync(
        IOuterHost host, Invocation invocation, FailurePolicy onFailure, ISwapApproval approval, ISwapObserver observer) =>
        host.RollbackAsync(onFailure, approval, observer, invocation.Token);
}
