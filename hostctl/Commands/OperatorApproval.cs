using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Watching;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Commands;

/// <summary>Shows the plan and asks the operator, unless <c>--yes</c> was given. The default is No.</summary>
internal sealed class OperatorApproval(Invocation invocation, bool yes, QueuedObserver queue, ISwapPresenter presenter)
    : ISwapApproval
{
    private readonly bool _json = invocation.Format == OutputFormat.Json;

    /// <summary>Whether there is somebody to ask: in JSON mode the question goes to standard error.</summary>
    public static bool CanAsk(Invocation invocation)
    {
        var terminal = invocation.Services.Terminal;
        return terminal.Input && (invocation.Format == OutputFormat.Json ? terminal.Error : terminal.Output);
    }

    /// <inheritdoc/>
    public async Task<bool> ApproveAsync(SwapPlan plan, CancellationToken cancellationToken)
    {
        // What came before the plan is to stand above it.
        await queue.FlushAsync(cancellationToken);
        if (!_json || !yes) PlanText.Write(_json ? invocation.Error : invocation.Out, plan);
        if (!yes && !await AskAsync(plan, cancellationToken)) return false;
        presenter.Approved();
        return true;
    }

    private async Task<bool> AskAsync(SwapPlan plan, CancellationToken cancellationToken)
    {
        var writer = _json ? invocation.Services.Error : invocation.Services.Out;
        await writer.WriteAsync($"Move {Format.Count(plan.Moves.Count, "VM")} now? [y/N] ");
        await writer.FlushAsync(cancellationToken);

        return await AnswerAsync(invocation, cancellationToken);
    }

    /// <summary>Whether the operator answers yes.</summary>
    public static async Task<bool> AnswerAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        // A read of the terminal cannot be cancelled; it is left behind when a signal comes first.
        var answer = await Task.Run(invocation.Services.In.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);
        return answer?.Trim() is { } text
            && (text.Equals("y", StringComparison.OrdinalIgnoreCase) || text.Equals("yes", StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>The operator said no before anything was begun.</summary>
internal sealed class OperatorDeclinedException() : HostSwapException("declined; nothing was touched", "");
