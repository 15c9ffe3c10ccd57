namespace HostSwap.Orchestrator.Configuration;

/// <summary>The keys of <c>[vm."NAME"]</c>: a table for each VM of which something is said, under its name.</summary>
internal static class VmKeys
{
    public const string Policy = "policy";
    public const string Priority = "priority";
    public const string Group = "group";
    public const string Display = "display";
    public const string Live = "live";
    public const string WhenNotLive = "when_not_live";
    public const string ShutdownDeadline = "shutdown_deadline";

    /// <summary>The tables.</summary>
    public static readonly NamedTable Table = new("vm", "VM", new Dictionary<string, ValueKind>(StringComparer.Ordinal)
    {
        [Policy] = ValueKind.Text,
        [Priority] = ValueKind.Integer,
        [Group] = ValueKind.Text,
        [Display] = ValueKind.Text,
        [Live] = ValueKind.Flag,
        [WhenNotLive] = ValueKind.Text,
        [ShutdownDeadline] = ValueKind.Text,
    });
}
