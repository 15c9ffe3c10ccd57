using HostSwap.Hostctl.Logging;
using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Systemd;
using HostSwap.Hostctl.Watching;
using HostSwap.Orchestrator.Refreshing;
using HostSwap.Orchestrator.Swapping;
using Serilog;

namespace HostSwap.Hostctl.Refreshing;

/// <summary>Shows a refresh while it goes on: a line for each stage and each event of its swap, the log, and systemd's status line.</summary>
/// <param name="output">Where lines go.</param>
/// <param name="swap">Shows the swap.</param>
/// <param name="context">What every line of the log carries.</param>
/// <param name="log">The log.</param>
/// <param name="manager">systemd.</param>
internal sealed class RefreshPresenter(TextWriter output, QueuedObserver swap, SwapLogContext context, ILogger log, ServiceManager manager) : IRefreshObserver
{
    /// <inheritdoc/>
    public void OnStageBegun(RefreshStage stage)
    {
        manager.Status($"stage {Words.Of(stage)}");
        log.Information("Stage {Stage} begun", Words.Of(stage));
    }

    /// <inheritdoc/>
    public void OnStageEnded(RefreshStageRecord stage)
    {
        var took = (stage.FinishedAt ?? stage.StartedAt) - stage.StartedAt;
        output.WriteLine($"{Words.Of(stage.Stage)} ({Format.Duration(took)}): {SafeText.Sentence(stage.Observed)}");
        log.Information("Stage {Stage} ended after {ElapsedMs} ms: {Observed}", Words.Of(stage.Stage), (long)took.TotalMilliseconds, stage.Observed);
    }

    /// <inheritdoc/>
    public void OnLine(string line)
    {
        output.WriteLine($"  {SafeText.Sentence(line)}");
        log.Debug("{Line}", line);
    }

    /// <inheritdoc/>
    public void OnEvent(SwapEvent swapEvent)
    {
        context.OnEvent(swapEvent);
        swap.OnEvent(swapEvent);
    }
}
