using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl refresh --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/refresh/1</c>.</param>
/// <param name="Changed">Whether the host, or the configured image, is another than before.</param>
/// <param name="Reason">What the schedule said; absent where somebody asked for the refresh.</param>
/// <param name="Refresh">What it came to; absent where nothing was begun.</param>
internal sealed record RefreshDocument(string Schema, bool Changed, string? Reason, RefreshDto? Refresh)
{
    /// <summary>Maps it.</summary>
    public static RefreshDocument Of(RefreshResult result, bool scheduled) => new(
        "hostswap/refresh/1",
        result.Record?.Changed ?? false,
        scheduled ? result.Decision.Reason : null,
        result.Record is { } record ? RefreshDto.Of(record) : null);
}

/// <summary>One refresh.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Scheduled">Whether it began by itself.</param>
/// <param name="Outcome">What has become of it, as in <c>done</c> or <c>vetoed</c>.</param>
/// <param name="Summary">The same in a sentence.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it ended; absent while it runs, and where it was killed.</param>
/// <param name="Window">The window that it ran in.</param>
/// <param name="Updates">What was found to be newer.</param>
/// <param name="ImageId">Digest of its image.</param>
/// <param name="Operation">Number of its swap.</param>
/// <param name="Report">File of the page about that.</param>
/// <param name="Stages">Its stages, in order.</param>
/// <param name="Warnings">What the operator should know.</param>
internal sealed record RefreshDto(
    long Id,
    bool Scheduled,
    string Outcome,
    string Summary,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    string? Window,
    UpdatesDto? Updates,
    string? ImageId,
    long? Operation,
    string? Report,
    IReadOnlyList<RefreshStageDto> Stages,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Maps it.</summary>
    public static RefreshDto Of(RefreshRecord record) => new(
        record.Id,
        record.Scheduled,
        Words.Of(record.Outcome),
        record.Summary,
        record.StartedAt,
        record.FinishedAt,
        record.Window?.Name,
        record.Updates is { } updates ? UpdatesDto.Of(updates) : null,
        record.ImageId,
        record.Operation,
        record.Report,
        [.. record.Stages.Select(static stage => new RefreshStageDto(Words.Of(stage.Stage), stage.StartedAt, stage.FinishedAt, stage.Observed))],
        record.Warnings);
}

/// <summary>A stage of a refresh.</summary>
/// <param name="Stage">As in <c>check</c> or <c>swap</c>.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="Observed">What was seen.</param>
internal sealed record RefreshStageDto(string Stage, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, string Observed);

/// <summary>What is newer.</summary>
/// <param name="CheckedAt">When that was looked for.</param>
/// <param name="Pending">Whether a refresh would change anything.</param>
/// <param name="Security">How many of the packages are security updates.</param>
/// <param name="RecipeChanged">Whether recipe, overlay or sources are others than the image was built from.</param>
/// <param name="NotActive">Whether the configured image is not the active generation's.</param>
/// <param name="Packages">The packages.</param>
internal sealed record UpdatesDto(DateTimeOffset CheckedAt, bool Pending, int Security, bool RecipeChanged, bool NotActive, IReadOnlyList<UpdateDto> Packages)
{
    /// <summary>Maps it.</summary>
    public static UpdatesDto Of(UpdateReport updates) => new(
        updates.CheckedAt,
        updates.IsAny,
        updates.SecurityCount,
        updates.RecipeChanged,
        updates.NeedsSwap,
        [.. updates.Packages.Select(static package => new UpdateDto(package.Name, package.From, package.To, package.Security, package.Origin))]);
}

/// <summary>A newer package.</summary>
/// <param name="Name">Its name.</param>
/// <param name="From">Its version in the image; absent where it would be added.</param>
/// <param name="To">The newer one.</param>
/// <param name="Security">Whether it is a security update.</param>
/// <param name="Origin">Where it comes from, in APT's words.</param>
internal sealed record UpdateDto(string Name, string? From, string To, bool Security, string Origin);
