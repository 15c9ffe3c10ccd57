using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>How far a refresh goes.</summary>
public enum RefreshExtent
{
    /// <summary>Newer packages are looked for.</summary>
    Check,

    /// <summary>And the image is built.</summary>
    Build,

    /// <summary>And the plan is made.</summary>
    Plan,

    /// <summary>And the host is swapped, and watched.</summary>
    Whole,
}

/// <summary>What a refresh is asked for.</summary>
/// <param name="Extent">How far it goes.</param>
/// <param name="Scheduled">Whether it begins by itself: what it may do is the schedule's to say.</param>
public sealed record RefreshRequest(RefreshExtent Extent, bool Scheduled);

/// <summary>What came of a refresh.</summary>
/// <param name="Decision">What the schedule said; of one that somebody asked for, that.</param>
/// <param name="Record">What it came to; null where nothing was begun.</param>
public sealed record RefreshResult(RefreshDecision Decision, RefreshRecord? Record);

/// <summary>Watches a refresh, and its swap. Must return at once and not throw.</summary>
public interface IRefreshObserver : ISwapObserver
{
    /// <summary>A stage began.</summary>
    void OnStageBegun(RefreshStage stage);

    /// <summary>A stage ended.</summary>
    void OnStageEnded(RefreshStageRecord stage);

    /// <summary>A line of what is going on, such as one of the build's: untrusted text.</summary>
    void OnLine(string line);
}
