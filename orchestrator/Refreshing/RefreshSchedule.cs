using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HostSwap.Orchestrator.Configuration;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>How much of a refresh may happen by itself now.</summary>
public enum RefreshScope
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Updates are looked for.</summary>
    Check,

    /// <summary>Updates are looked for, and where urgent ones are among them the host is refreshed.</summary>
    Urgent,

    /// <summary>The host is refreshed where anything is newer.</summary>
    Whole,
}

/// <summary>What may happen by itself now, and why.</summary>
/// <param name="Scope">How much.</param>
/// <param name="Reason">Why, in words for people.</param>
/// <param name="Window">The window that is open for it; null for none.</param>
public sealed record RefreshDecision(RefreshScope Scope, string Reason, OpenWindow? Window = null);

/// <summary>
/// Decides by the clock, the configuration and what earlier refreshes came to. It keeps nothing itself, so it can be asked as
/// often as a timer likes, and after any interruption.
/// </summary>
/// <param name="settings">The configuration.</param>
/// <param name="local">The outer host's time zone.</param>
/// <param name="machine">What tells this server from others of the same configuration, by which they wait for different times.</param>
public sealed class RefreshSchedule(RefreshSettings settings, TimeZoneInfo local, string machine)
{
    /// <summary>That of this outer host.</summary>
    public static RefreshSchedule Of(HostSwapSettings settings, TimeProvider time) =>
        new(settings.Refresh, time.LocalTimeZone, $"{Environment.MachineName} {settings.Paths.Instance}");

    private TimeZoneInfo Zone => settings.TimeZone ?? local;

    /// <summary>Decides.</summary>
    /// <param name="now">The time.</param>
    /// <param name="past">Earlier refreshes, newest first.</param>
    public RefreshDecision Decide(DateTimeOffset now, IReadOnlyList<RefreshRecord> past)
    {
        if (settings.Strategy == RefreshStrategy.Manual)
            return Outside(now, past, "refreshes are begun by hand (strategy = \"manual\")", RefreshScope.Check);
        if (FrozenBy(now) is { } frozen)
            return Outside(now, past, string.Create(CultureInfo.InvariantCulture, $"no refresh begins from {frozen.From:yyyy-MM-dd} to {frozen.To:yyyy-MM-dd}"), RefreshScope.Check);
        var otherwise = settings.Strategy == RefreshStrategy.Immediate ? RefreshScope.Urgent : RefreshScope.Check;
        if (Open(now) is not { } window)
            return Outside(now, past, "no maintenance window is open", otherwise);
        if (past.FirstOrDefault(record => record.Window is { } other && IsSame(other, window) && !MayBeTriedAgain(record.Outcome)) is { } earlier)
            return Outside(now, past, string.Create(CultureInfo.InvariantCulture, $"refresh {earlier.Id} was this window's"), otherwise);
        var begin = window.From + DelayOf(window);
        return now < begin
            ? Outside(now, past, string.Create(CultureInfo.InvariantCulture, $"window {window.Name} is open, and this server begins at {TimeZoneInfo.ConvertTime(begin, Zone):HH:mm}"), otherwise)
            : new RefreshDecision(RefreshScope.Whole, $"window {window.Name} is open", window);
    }

    /// <summary>When the next window begins for this server; null where none is to come within a year.</summary>
    public OpenWindow? Next(DateTimeOffset now) => settings.Windows
        .Select(window => (Window: window, At: NextStart(window, now)))
        .Where(static next => next.At is not null)
        .OrderBy(static next => next.At)
        .Select(static next => new OpenWindow(next.Window.Name, next.At!.Value, next.At.Value + next.Window.Duration))
        .FirstOrDefault();

    /// <summary>A moment as people who configured the windows read it.</summary>
    public DateTimeOffset InZone(DateTimeOffset moment) => TimeZoneInfo.ConvertTime(moment, Zone);

    /// <summary>By how much later than a window this server begins in it: always the same for that window.</summary>
    internal TimeSpan DelayOf(OpenWindow window)
    {
        if (settings.RandomDelay == TimeSpan.Zero)
            return TimeSpan.Zero;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{machine} {window.Name} {window.From.UtcTicks}")));
        return TimeSpan.FromTicks((long)(BitConverter.ToUInt32(hash) / (double)uint.MaxValue * settings.RandomDelay.Ticks));
    }

    /// <summary>Killed ones, and those that were told to wait, are tried again while the window is open.</summary>
    private static bool MayBeTriedAgain(RefreshOutcome outcome) => outcome is RefreshOutcome.Running or RefreshOutcome.Vetoed;

    private static bool IsSame(OpenWindow one, OpenWindow other) => string.Equals(one.Name, other.Name, StringComparison.Ordinal) && one.From == other.From;

    private DateTimeOffset? NextStart(MaintenanceWindow window, DateTimeOffset now)
    {
        var start = window.Begins.GetNextOccurrence(now, Zone);
        while (start is { } at && FrozenBy(at) is not null && at < now.AddYears(1))
            start = window.Begins.GetNextOccurrence(at, Zone);
        return start;
    }

    private RefreshDecision Outside(DateTimeOffset now, IReadOnlyList<RefreshRecord> past, string reason, RefreshScope due)
    {
        // What was vetoed is looked for again: whoever spoke against it may be silent soon, and an urgent update waits.
        var last = past.Where(static record => record.Outcome != RefreshOutcome.Vetoed).Select(static record => record.Updates?.CheckedAt).Max();
        return last is null || now - last >= settings.CheckInterval
            ? new RefreshDecision(due, $"{reason}; updates are looked for")
            : new RefreshDecision(RefreshScope.Nothing, reason);
    }

    /// <summary>Of several that are open the one that ends last.</summary>
    private OpenWindow? Open(DateTimeOffset now) => settings.Windows
        .SelectMany(window => window.Begins.GetOccurrences(now - window.Duration, now, Zone, fromInclusive: false, toInclusive: true)
            .Select(from => new OpenWindow(window.Name, from, from + window.Duration)))
        .MaxBy(static window => window.To);

    private FrozenDays? FrozenBy(DateTimeOffset moment)
    {
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, Zone).DateTime);
        return settings.Freeze.FirstOrDefault(frozen => day >= frozen.From && day <= frozen.To);
    }
}
