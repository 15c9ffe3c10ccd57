using System.Globalization;
using System.Net;

namespace HostSwap.Orchestrator.Configuration;

internal sealed partial class SettingsValidator
{
    private const int LongestGroup = 64;

    private readonly Dictionary<IPEndPoint, string> _displays = [];

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
            Live = raw.Find<bool>(VmKeys.Table.Of(vm, VmKeys.Live))?.Value,
            WhenNotLive = NotLive(VmKeys.Table.Of(vm, VmKeys.WhenNotLive)),
            ShutdownDeadline = ShutdownDeadline(VmKeys.Table.Of(vm, VmKeys.ShutdownDeadline)),
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

    private NotLivePolicy? NotLive(string key)
    {
        if (raw.Find<string>(key) is not { } located)
            return null;
        if (NotLivePolicies.TryParse(located.Value, out var policy))
            return policy;
        Report(located, $"\"{located.Value}\" is not what can become of a VM; {NotLivePolicies.Allowed}");
        return null;
    }

    private TimeSpan? ShutdownDeadline(string key) => raw.Find<string>(key) is null
        ? null
        : Duration(key, SettingsDefaults.ShutdownDeadline, OneSecond, TimeSpan.FromDays(1));

    /// <summary>What is wrong with a group's name; null where nothing is.</summary>
    internal static string? GroupFault(string name) =>
        name.Length is > 0 and <= LongestGroup && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.')
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"\"{name}\" is no name of a group; 1 to {LongestGroup} letters, digits, '-', '_' and '.' are allowed");
}
