using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Images;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>What one refresh has come to; kept as a file.</summary>
/// <param name="Id">Its number, from 1.</param>
/// <param name="Scheduled">Whether it began by itself; else somebody asked for it.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Outcome">What has become of it.</param>
/// <param name="Summary">The same in a sentence for people.</param>
public sealed record RefreshRecord(long Id, bool Scheduled, DateTimeOffset StartedAt, RefreshOutcome Outcome, string Summary)
{
    /// <summary>When it ended; null while it runs, and where it was killed.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The window that it ran in; null for none.</summary>
    public OpenWindow? Window { get; init; }

    /// <summary>What was found to be newer; null where it did not come so far.</summary>
    public UpdateReport? Updates { get; init; }

    /// <summary>Digest of the image that it was about; null where it did not come so far.</summary>
    public string? ImageId { get; init; }

    /// <summary>Number of its swap in the journal; null where it did not come so far.</summary>
    public long? Operation { get; init; }

    /// <summary>The page about that; null where there is none.</summary>
    public string? Report { get; init; }

    /// <summary>Its stages, in order.</summary>
    public IReadOnlyList<RefreshStageRecord> Stages { get; init; } = [];

    /// <summary>What the operator should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Whether the host, or the configured image, is another than before.</summary>
    public bool Changed { get; init; }
}

/// <summary>A maintenance window that is open.</summary>
/// <param name="Name">Its name.</param>
/// <param name="From">When it began.</param>
/// <param name="To">When it ends.</param>
public sealed record OpenWindow(string Name, DateTimeOffset From, DateTimeOffset To);

/// <summary>A stage of a refresh.</summary>
/// <param name="Stage">Which.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it ended; null while it goes on.</param>
/// <param name="Observed">What was seen.</param>
public sealed record RefreshStageRecord(RefreshStage Stage, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, string Observed);

/// <summary>The stages of a refresh, in order.</summary>
public enum RefreshStage
{
    /// <summary>Newer packages are looked for.</summary>
    Check,

    /// <summary>Those who may speak against it are asked.</summary>
    Interlocks,

    /// <summary>The image is built.</summary>
    Build,

    /// <summary>The plan is made, where nothing but that is wanted.</summary>
    Plan,

    /// <summary>Canaries fly, the plan is made, and the VMs are moved.</summary>
    Swap,

    /// <summary>The new generation is watched.</summary>
    Soak,

    /// <summary>Images that nothing needs are removed.</summary>
    TidyUp,
}

/// <summary>What has become of a refresh.</summary>
public enum RefreshOutcome
{
    /// <summary>It goes on, or was killed.</summary>
    Running,

    /// <summary>There was nothing to do.</summary>
    Nothing,

    /// <summary>It was to look, build or plan alone, and has.</summary>
    Ended,

    /// <summary>The host is refreshed.</summary>
    Done,

    /// <summary>Somebody or something spoke against it; nothing was moved.</summary>
    Vetoed,

    /// <summary>It would not have ended within the window; nothing was moved.</summary>
    Deferred,

    /// <summary>The plan has blockers; nothing was moved.</summary>
    Refused,

    /// <summary>Something failed before anything was moved.</summary>
    Failed,

    /// <summary>The swap failed, and every VM is on the old side.</summary>
    FailedOnOldSide,

    /// <summary>The swap failed, and there are VMs on both sides.</summary>
    FailedOnBothSides,

    /// <summary>It met its window's end, or was interrupted, in order; VMs may be on both sides.</summary>
    Stopped,

    /// <summary>The host is refreshed, and while it was watched something was wrong.</summary>
    SoakFailed,

    /// <summary>The swap was made, and every VM has gone back since something was wrong, or time ran out.</summary>
    RolledBack,

    /// <summary>A person is needed.</summary>
    NeedsPerson,
}

/// <summary>JSON of <see cref="RefreshRecord"/>.</summary>
[JsonSerializable(typeof(RefreshRecord))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class RefreshJson : JsonSerializerContext;
