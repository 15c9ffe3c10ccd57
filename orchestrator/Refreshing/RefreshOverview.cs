using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Locking;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>What there is to know about refreshes at one moment, from records and the configuration alone.</summary>
/// <param name="Strategy">What happens by itself.</param>
/// <param name="Updates">What was found to be newer when that was looked for last; null where it never was.</param>
/// <param name="Last">The last refresh that was more than a look, or failed to look; null where there is none.</param>
/// <param name="Next">The next window; null where none is configured, or it does not count for the strategy.</param>
/// <param name="Expectation">What will happen by itself, in a sentence.</param>
public sealed record RefreshOverview(RefreshStrategy Strategy, UpdateReport? Updates, RefreshRecord? Last, OpenWindow? Next, string Expectation)
{
    /// <summary>Reads it.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="Errors.EnvironmentException">The records cannot be read.</exception>
    public static RefreshOverview Read(HostSwapSettings settings, TimeProvider time)
    {
        var past = new RefreshRecords(settings.Paths.Refreshes).Newest(RefreshRecords.Kept);
        var now = time.GetUtcNow();
        var schedule = RefreshSchedule.Of(settings, time);
        var decision = schedule.Decide(now, past);
        var next = settings.Refresh.Strategy == RefreshStrategy.Manual ? null : schedule.Next(now);
        var updates = past.Select(static record => record.Updates).FirstOrDefault(static updates => updates is not null);
        // What was found before the last refresh that was done is not newer any more.
        var done = past.FirstOrDefault(static record => record.Outcome is RefreshOutcome.Done or RefreshOutcome.SoakFailed);
        if (updates is not null && done is { Updates: { } taken } && taken.CheckedAt == updates.CheckedAt)
            updates = updates with { Packages = [], RecipeChanged = false, ImageId = done.ImageId, ActiveImageId = done.ImageId };
        return new RefreshOverview(
            settings.Refresh.Strategy,
            updates,
            Closed(past.FirstOrDefault(static record => record.Outcome is not (RefreshOutcome.Ended or RefreshOutcome.Nothing)), settings.Paths),
            next,
            Expect(settings.Refresh, decision, next, updates, schedule));
    }

    /// <summary>One that goes on holds the lock; one that was killed does not.</summary>
    private static RefreshRecord? Closed(RefreshRecord? record, HostSwapPaths paths) =>
        record is { Outcome: RefreshOutcome.Running } && OuterHostLock.FindHolder(paths.RefreshLock) is null
            ? record with { Summary = $"its hostctl has ended in stage {record.Stages.Select(static stage => stage.Stage.ToString()).LastOrDefault() ?? "none"} without saying how" }
            : record;

    private static string Expect(RefreshSettings settings, RefreshDecision decision, OpenWindow? next, UpdateReport? updates, RefreshSchedule schedule)
    {
        if (settings.Strategy == RefreshStrategy.Manual)
            return "nothing is refreshed by itself (strategy = \"manual\")";
        var what = updates switch
        {
            null => "it is looked whether anything is newer, and that is built and swapped to",
            { IsAny: false } => "nothing, unless something becomes newer until then",
            { NeedsBuild: true } => "the image is built with what is newer, and every VM moved to it",
            _ => $"every VM is moved to {updates.Image}, which is built",
        };
        if (decision is { Scope: RefreshScope.Whole, Window: { } open })
            return $"in window {open.Name}, which is open: {what}";
        return next is null ? "no window is to come" : string.Create(CultureInfo.InvariantCulture, $"in window {next.Name}, from {schedule.InZone(next.From):ddd yyyy-MM-dd HH:mm}: {what}");
    }
}
