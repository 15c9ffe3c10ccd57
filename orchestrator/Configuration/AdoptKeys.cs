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

    /// <summary>Adds the keys with the form of their values.</summary>
    public static IReadOnlyDictionary<string, ValueKind> AddTo(Dictionary<string, ValueKind> kinds)
    {
        foreach (var key in new[] { Images, Nvram, Root, Bus, Socket })
            kinds.Add(key, ValueKind.Text);
        kinds.Add(CutNetworks, ValueKind.TextList);
        return kinds;
    }
}
