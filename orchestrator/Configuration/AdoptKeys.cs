namespace HostSwap.Orchestrator.Configuration;

/// <summary>The keys that an ordinary libvirt server is taken over by.</summary>
internal static class AdoptKeys
{
    public const string Root = "adopt.root";
    public const string Bus = "adopt.bus";
    public const string Socket = "adopt.socket";
    public const string CutNetworks = "adopt.cut_networks";
    public const string Images = "storage.images";
    public const string Nvram = "storage.nvram";

    /// <summary>The keys with the form of their values.</summary>
    public static readonly IReadOnlyDictionary<string, ValueKind> Kinds = new Dictionary<string, ValueKind>(StringComparer.Ordinal)
    {
        [Images] = ValueKind.Text,
        [Nvram] = ValueKind.Text,
        [Root] = ValueKind.Text,
        [Bus] = ValueKind.Text,
        [Socket] = ValueKind.Text,
        [CutNetworks] = ValueKind.TextList,
    };
}
