namespace HostSwap.Orchestrator.Configuration;

internal sealed partial class SettingsValidator
{
    // IFNAMSIZ less its final zero.
    private const int LongestInterface = 15;

    private const string InterfaceAllowed = "1 to 15 letters, digits, '-', '_' and '.', a letter first, and none of lo, eth…, docker…, virbr…, vnet… and veth…";

    private static readonly string[] ReservedInterfaces = ["lo", "eth", "docker", "virbr", "vnet", "veth"];

    private List<GuestNetwork> FurtherNetworks(DockerSettings docker)
    {
        var networks = new List<GuestNetwork>();
        var bridges = new HashSet<string>(StringComparer.Ordinal) { SettingsDefaults.GuestBridge };
        var names = new HashSet<string>(StringComparer.Ordinal) { docker.Network };
        var outer = new HashSet<string>(new[] { docker.OuterBridge }.OfType<string>(), StringComparer.Ordinal);
        foreach (var table in raw.NamesIn(NetworkKeys.Table))
        {
            if (raw.Find<string>(Key(NetworkKeys.Bridge)) is null)
                Report(raw.PlaceOf(NetworkKeys.Table, table), $"has no {NetworkKeys.Bridge}; name the bridge that VMs are attached to, as in {NetworkKeys.Bridge} = \"br1\"");
            var bridge = Text(Key(NetworkKeys.Bridge), InterfaceFault);
            var named = Text(Key(NetworkKeys.Network), NetworkFault);
            var name = named ?? $"{docker.Network}-{NamedTable.NameOf(table)}";
            if (named is null && raw.Find<string>(Key(NetworkKeys.Network)) is null && NetworkFault(name) is { } fault)
                Report(raw.PlaceOf(NetworkKeys.Table, table), $"gives a Docker network a name that it cannot have: {fault}; or set {NetworkKeys.Network}");
            Once(bridges, bridge, NetworkKeys.Bridge);
            Once(names, name, NetworkKeys.Network);
            var (subnet, range) = Networks(Key(NetworkKeys.Subnet), Key(NetworkKeys.ContainerRange));
            var outerBridge = OuterBridge(Key(NetworkKeys.OuterBridge));
            Once(outer, outerBridge, NetworkKeys.OuterBridge);
            if (bridge is not null)
                networks.Add(new GuestNetwork(bridge, name, subnet, range) { Subnet6 = Network6(Key(NetworkKeys.Subnet6)), OuterBridge = outerBridge });

            string Key(string key) => NetworkKeys.Table.Of(table, key);

            void Once(HashSet<string> taken, string? value, string key)
            {
                if (value is not null && !taken.Add(value))
                    Report(raw.Find<string>(Key(key)) ?? raw.PlaceOf(NetworkKeys.Table, table), $"\"{value}\" is another network's {key} already; give each its own");
            }
        }

        return networks;
    }

    // /29 still holds a gateway, two generations and a guest; /30 of it two generations.
    private (string? Subnet, string? Range) Networks(string subnetKey, string rangeKey)
    {
        var subnet = Network(subnetKey, "auto", 8, 29);
        var range = Network(rangeKey, "all", 8, 30);
        if (range is not null && raw.Find<string>(rangeKey) is { } located)
        {
            if (raw.Find<string>(subnetKey) is null or { Value: "auto" })
                Report(located, $"\"{range}\" is a part of a subnet that is not given; set {subnetKey} too");
            else if (subnet?.Contains(range) == false)
                Report(located, $"\"{range}\" does not lie in {subnetKey} \"{subnet}\"; it must be a part of it");
        }

        return (subnet?.ToString(), range?.ToString());
    }

    private Ipv4Subnet? Network(string key, string none, int shortest, int longest)
    {
        if (raw.Find<string>(key) is not { } located || string.Equals(located.Value, none, StringComparison.Ordinal))
            return null;
        if (Ipv4Subnet.Parse(located.Value, shortest, longest, out var subnet) is { } fault)
            Report(located, $"{fault}, or \"{none}\"");
        return subnet;
    }

    private string? Network6(string key)
    {
        const string None = "none";
        if (raw.Find<string>(key) is not { } located || string.Equals(located.Value, None, StringComparison.Ordinal))
            return null;
        if (Ipv6Subnet.Parse(located.Value, out var subnet) is { } fault)
            Report(located, $"{fault}, or \"{None}\"");
        return subnet;
    }

    private string? OuterBridge(string key) =>
        raw.Find<string>(key) is { Value: "auto" } ? null : Text(key, text => InterfaceFault(text) is { } fault ? $"{fault}; or \"auto\"" : null);

    private static string? InterfaceFault(string name) =>
        name.Length is > 0 and <= LongestInterface
        && char.IsAsciiLetter(name[0])
        && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.')
        && !Array.Exists(ReservedInterfaces, reserved => name.StartsWith(reserved, StringComparison.Ordinal) && name[reserved.Length..].All(char.IsAsciiDigit))
            ? null
            : $"\"{name}\" is no name of a bridge of its own; allowed are {InterfaceAllowed}";
}
