using System.Globalization;
using System.Net;

namespace HostSwap.Orchestrator.Configuration;

internal sealed partial class SettingsValidator
{
    // QEMU takes up to 2000 s (qapi/migration.json: downtime-limit); more than a minute is no live migration any more.
    private static readonly TimeSpan LongestDowntime = TimeSpan.FromMinutes(1);

    private const int LongestGroup = 64;

    private readonly Dictionary<IPEndPoint, string> _displays = [];

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

    private Dictionary<string, VmSettings> Vms() => raw.NamesIn(VmKeys.Table).ToDictionary(
        NamedTable.NameOf,
        vm => new VmSettings(
            Policy(VmKeys.Table.Of(vm, VmKeys.Policy)),
            raw.Find<long>(VmKeys.Table.Of(vm, VmKeys.Priority)) is null
                ? null
                : (int)Integer(VmKeys.Table.Of(vm, VmKeys.Priority), 0, -ConvergenceSettings.MaximumPriority, ConvergenceSettings.MaximumPriority),
            Text(VmKeys.Table.Of(vm, VmKeys.Group), GroupFault))
        {
            Display = Display(VmKeys.Table.Of(vm, VmKeys.Display)),
        },
        StringComparer.Ordinal);

    /// <summary>No two VMs can be behind one address.</summary>
    private IPEndPoint? Display(string key)
    {
        if (raw.Find<string>(key) is not { } located)
            return null;
        if (!IPEndPoint.TryParse(located.Value, out var address) || address.Port == 0)
            Report(located, $"\"{located.Value}\" is no address with a port, such as \"127.0.0.1:5901\"");
        else if (!_displays.TryAdd(address, key))
            Report(located, $"\"{located.Value}\" is that of {_displays[address]} already");
        else
            return address;
        return null;
    }

    /// <summary>What is wrong with a group's name; null where nothing is.</summary>
    internal static string? GroupFault(string name) =>
        name.Length is > 0 and <= LongestGroup && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.')
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"\"{name}\" is no name of a group; 1 to {LongestGroup} letters, digits, '-', '_' and '.' are allowed");

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
