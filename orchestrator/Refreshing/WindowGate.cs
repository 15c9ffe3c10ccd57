using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>Agrees to a plan that will be through before its window ends, by what earlier swaps took here.</summary>
/// <param name="past">Earlier swaps that were done.</param>
/// <param name="window">The window; null where nobody waits for an end.</param>
/// <param name="time">The clock.</param>
internal sealed class WindowGate(IReadOnlyList<OperationDetails> past, OpenWindow? window, TimeProvider time) : ISwapApproval
{
    /// <summary>Why it did not agree; null where it has, or was not asked.</summary>
    public string? Refusal { get; private set; }

    /// <summary>The plan; null before there is one.</summary>
    public SwapPlan? Plan { get; private set; }

    /// <inheritdoc/>
    public Task<bool> ApproveAsync(SwapPlan plan, CancellationToken cancellationToken)
    {
        Plan = plan;
        var estimate = SwapEstimate.Of(plan, past);
        Refusal = TooLate(estimate.Duration, estimate.Measured ? "by what earlier swaps took here" : "by a guess on the safe side, since too little was measured here");
        return Task.FromResult(Refusal is null);
    }

    /// <summary>Why what takes so long would not end within the window; null where it would.</summary>
    public string? TooLate(TimeSpan duration, string by)
    {
        if (window is null || time.GetUtcNow() + duration <= window.To)
            return null;
        var left = window.To - time.GetUtcNow();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"window {window.Name} ends in {DurationText.Format(Seconds(left))}, and the swap will take {DurationText.Format(Seconds(duration))} {by}");
    }

    /// <summary>The swaps of a history that an estimate is made from.</summary>
    public static IReadOnlyList<OperationDetails> Measured(IOuterHost host) =>
    [
        .. host.History(50).Where(static operation => operation is { Kind: OperationKind.Swap, Result: OperationResult.Done })
            .Take(5).Select(operation => host.Show(operation.Id)).OfType<OperationDetails>(),
    ];

    private static TimeSpan Seconds(TimeSpan duration) => TimeSpan.FromSeconds(Math.Max(0, Math.Ceiling(duration.TotalSeconds)));
}
