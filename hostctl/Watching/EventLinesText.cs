using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Watching;

/// <summary>
/// Says each event of a swap in one plain line, for terminals without a live view and for files.
/// </summary>
internal sealed class EventLinesText(TimeZoneInfo zone)
{
    /// <summary>A VM's progress is said at most this often.</summary>
    public static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(2);

    private readonly Dictionary<Guid, DateTimeOffset> _saidProgress = [];

    /// <summary>The line for an event; null for one that is not worth a line.</summary>
    public string? Say(SwapEvent swapEvent) =>
        Describe(swapEvent) is { } text ? $"{Format.Clock(swapEvent.At, zone)} {SafeText.Sentence(text)}" : null;

    private string? Describe(SwapEvent swapEvent) => swapEvent switch
    {
        SwapStarted e => $"{Words.Of(e.Kind)} {e.Operation}: from gen-{e.From} to image {SafeText.Sentence(e.Image)}",
        StepStarted e => $"step {Words.Of(e.Step)}: begun",
        StepFinished e => $"step {Words.Of(e.Step)}: {(e.Succeeded ? "done" : "FAILED")} after {Format.Duration(e.Elapsed)}{Because(e.Observed)}",
        PlanMade e => Describe(e.Plan),
        MoveChanged e => $"vm {SafeText.Name(e.Name)}: {Words.Of(e.State)} ({Words.Of(e.Method)}){Because(e.Reason)}",
        MoveProgress e => IsDue(e) ? Describe(e) : null,
        MoveClimbed e => $"vm {SafeText.Name(e.Name)}: climbs to {Words.Of(e.Rung)}{Because(e.Reason)}",
        Reconciled e => string.Join("; ", e.Vms.Select(vm => $"vm {SafeText.Name(vm.Name)}: {Words.Of(vm.Verdict)}")),
        SwapNotice e => $"note: {e.Message}",

        // The end has a summary of its own, with more than one line.
        _ => null,
    };

    private static string Describe(SwapPlan plan) =>
        $"plan: {Format.Count(plan.Moves.Count, "VM")}, {plan.Parallel} at a time, "
        + $"{Format.Count(plan.Blockers.Count, "blocker")}, {Format.Count(plan.Warnings.Count, "warning")}";

    private static string Describe(MoveProgress e)
    {
        var share = e.BytesTotal > 0 ? Math.Clamp(1 - ((double)e.BytesRemaining / e.BytesTotal), 0, 1) : 0;
        return $"vm {SafeText.Name(e.Name)}: {Format.Percent(share)}, {Format.Bytes(e.BytesProcessed)} sent, "
            + $"{Format.Bytes(e.BytesRemaining)} remaining, {Format.Rate(e.BytesPerSecond)}, "
            + $"dirty {Format.Rate(e.DirtyBytesPerSecond)}, pass {e.Iteration}, {Format.Duration(e.Elapsed)}";
    }

    private bool IsDue(MoveProgress e)
    {
        if (_saidProgress.TryGetValue(e.Uuid, out var last) && e.At - last < ProgressInterval) return false;
        _saidProgress[e.Uuid] = e.At;
        return true;
    }

    private static string Because(string reason) => reason.Length == 0 ? "" : $": {reason}";
}
