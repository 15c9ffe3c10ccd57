using System.Globalization;

namespace HostSwap.Orchestrator.Configuration;

internal sealed partial class SettingsValidator
{
    // QEMU counts MultiFD channels in a byte (qapi/migration.json: multifd-channels, 1 to 255).
    private const long MaximumConnections = 255;
    private const long MaximumParallel = 64;

    // libvirt turns MiB/s into bytes in 64 bits; a TiB a second is beyond any machine.
    private const long MaximumBandwidth = 1 << 20;
    private const long MaximumReserve = 1 << 24;

    // The wait doubles with each: ten turn a second into a quarter of an hour.
    private const long MaximumRetries = 10;

    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    private GenerationSettings Generation() => new(
        Duration(KnownKeys.ReadyTimeout, SettingsDefaults.ReadyTimeout, OneSecond, TimeSpan.FromHours(1)),
        Duration(KnownKeys.StopTimeout, SettingsDefaults.StopTimeout, OneSecond, TimeSpan.FromHours(1)),
        Duration(KnownKeys.Soak, SettingsDefaults.Soak, TimeSpan.Zero, TimeSpan.FromDays(30)),
        Duration(KnownKeys.KeepRetired, SettingsDefaults.KeepRetired, TimeSpan.Zero, TimeSpan.FromDays(365)));

    private MigrationSettings Migration() => new(
        (int?)IntegerOrWord(KnownKeys.Parallel, "auto", MaximumParallel),
        IntegerOrWord(KnownKeys.Bandwidth, "unlimited", MaximumBandwidth),
        (int)Integer(KnownKeys.ParallelConnections, SettingsDefaults.ParallelConnections, 1, MaximumConnections),
        raw.Find<bool>(KnownKeys.AutoConverge)?.Value ?? SettingsDefaults.AutoConverge,
        Duration(KnownKeys.DeadlineBase, SettingsDefaults.DeadlineBase, OneSecond, TimeSpan.FromDays(7)),
        Duration(KnownKeys.DeadlinePerGiB, SettingsDefaults.DeadlinePerGiB, TimeSpan.Zero, TimeSpan.FromDays(1)),
        Duration(KnownKeys.NoProgressLimit, SettingsDefaults.NoProgressLimit, OneSecond, TimeSpan.FromDays(1)),
        (int)Integer(KnownKeys.Retries, SettingsDefaults.Retries, 0, MaximumRetries),
        Duration(KnownKeys.RetryDelay, SettingsDefaults.RetryDelay, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
        Integer(KnownKeys.MemoryReserve, SettingsDefaults.MemoryReserveMiB, 0, MaximumReserve))
    {
        Convergence = Convergence(),
        Handover = raw.Find<bool>(KnownKeys.Handover)?.Value ?? SettingsDefaults.Handover,
        Canaries = Canaries() ?? SettingsDefaults.Canaries,
        WhenNotLive = NotLive(KnownKeys.WhenNotLive) ?? SettingsDefaults.WhenNotLive,
        ShutdownDeadline = ShutdownDeadline(KnownKeys.ShutdownDeadline) ?? SettingsDefaults.ShutdownDeadline,
        WaitJobs = Duration(KnownKeys.WaitJobs, SettingsDefaults.WaitJobs, TimeSpan.Zero, MigrationSettings.LongestWait),
    };

    private CanaryScope? Canaries()
    {
        if (raw.Find<string>(KnownKeys.Canaries) is not { } located)
            return null;
        if (CanaryScopes.Find(located.Value) is { } scope)
            return scope;
        Report(located, $"\"{located.Value}\" is not before which moves canaries fly; {CanaryScopes.Allowed}");
        return null;
    }

    private string? Text(string key, Func<string, string?> fault)
    {
        if (raw.Find<string>(key) is not { } located)
            return null;
        if (fault(located.Value) is not { } wrong)
            return located.Value;
        Report(located, wrong);
        return null;
    }

    private TimeSpan Duration(string key, TimeSpan otherwise, TimeSpan least, TimeSpan most)
    {
        if (raw.Find<string>(key) is not { } located)
            return otherwise;
        if (!DurationText.TryParse(located.Value, out var duration))
            Report(located, $"\"{located.Value}\" is no duration; write {DurationText.Allowed}");
        else if (duration < least || duration > most)
            Report(located, $"\"{located.Value}\" is out of range; {DurationText.Format(least)} to {DurationText.Format(most)} is allowed");
        else
            return duration;
        return otherwise;
    }

    private long Integer(string key, long otherwise, long least, long most) =>
        raw.Find<long>(key) is { } located && IsInRange(located, least, most, "") ? located.Value : otherwise;

    private long? IntegerOrWord(string key, string word, long most)
    {
        if (raw.Find<string>(key) is { } text && !string.Equals(text.Value, word, StringComparison.Ordinal))
            Report(text, $"\"{text.Value}\" is not allowed; \"{word}\" or a whole number is");
        return raw.Find<long>(key) is { } located && IsInRange(located, 1, most, $", or \"{word}\"") ? located.Value : null;
    }

    private bool IsInRange(Located<long> located, long least, long most, string besides)
    {
        if (located.Value >= least && located.Value <= most)
            return true;
        Report(located, string.Create(CultureInfo.InvariantCulture, $"{located.Value} is out of range; {least} to {most} is allowed{besides}"));
        return false;
    }

    private void Report<T>(Located<T> located, string wrong) => problems.Add(file ?? "", located.Position, located.Key, wrong);
}
