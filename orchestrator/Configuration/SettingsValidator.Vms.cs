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
}
