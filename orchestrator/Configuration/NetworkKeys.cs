namespace HostSwap.Orchestrator.Configuration;

/// <summary>The keys of <c>[network."NAME"]</c>: a table for each network of guests besides that of <c>[docker]</c>.</summary>
internal static class NetworkKeys
{
    public const string Bridge = "bridge";
    public const string Network = "network";
    public const string Subnet = "subnet";
    public const string ContainerRange = "container_range";
    public const string Subnet6 = "subnet6";
    public const string OuterBridge = "outer_bridge";

    /// <summary>The tables.</summary>
    public static readonly NamedTable Table = new("network", "network", new Dictionary<string, ValueKind>(StringComparer.Ordinal)
    {
        [Bridge] = ValueKind.Text,
        [Network] = ValueKind.Text,
        [Subnet] = ValueKind.Text,
        [ContainerRange] = ValueKind.Text,
        [Subnet6] = ValueKind.Text,
        [OuterBridge] = ValueKind.Text,
    });
}
