using System.Globalization;

namespace HostSwap.Orchestrator.Configuration;

internal sealed partial class SettingsValidator
{
    // QEMU takes up to 2000 s (qapi/migration.json: downtime-limit); more than a minute is no live migration any more.
    private static readonly TimeSpan LongestDowntime = TimeSpan.FromMinutes(1);

    private ConvergenceSettings Convergence()
    {
        var least = TimeSpan.FromMilliseconds(1);
        var convergence = new ConvergenceSettings
        {
            Policy = Policy(KnownKeys.Policy) ?? SettingsDefaults.Policy,
            MaximumBandwidthMiBPerSecond = IntegerOrWord(KnownKeys.MaximumBandwidth, "unlimited", MaximumBandwidth),
            Downtime = Duration(KnownKeys.Downtime, SettingsDefaults.Downtime, least, LongestDowntime),
            MaximumDowntime = Duration(KnownKeys.MaximumDowntime, SettingsDefaults.MaximumDowntime, least, LongestDowntime),
            ClimbAfter = Duration(KnownKeys.ClimbAfter, SettingsDefaults.ClimbAfter, OneSecond, TimeSpan.FromHours(1)),
        };
        if (raw.Find<string>(KnownKeys.MaximumDowntime) is { } downtime && convergence.MaximumDowntime < convergence.Downtime)
            Report(downtime, $"\"{downtime.Value}\" is less than {KnownKeys.Downtime}, which it raises");
        if (raw.Find<long>(KnownKeys.MaximumBandwidth) is { } bandwidth)
            CheckRaised(bandwidth);
        return convergence;
    }

    private void CheckRaised(Located<long> highest)
    {
        if (raw.Find<long>(KnownKeys.Bandwidth) is not { } first)
            Report(highest, $"raises a limit that is not set; set {KnownKeys.Bandwidth} too");
        else if (highest.Value < first.Value)
            Report(highest, string.Create(CultureInfo.InvariantCulture, $"{highest.Value} is less than {KnownKeys.Bandwidth}, which it raises"));
    }

    private ConvergencePolicy? Policy(string key)
    {
        if (raw.Find<string>(key) is not { } located)
            return null;
        if (ConvergencePolicies.TryParse(located.Value, out var policy))
            return policy;
        Report(located, $"\"{located.Value}\" is no policy; {ConvergencePolicies.Allowed}");
        return null;
    }
}
