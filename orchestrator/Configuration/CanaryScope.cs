namespace HostSwap.Orchestrator.Configuration;

/// <summary>Before which moves between two images a canary flies.</summary>
public enum CanaryScope
{
    /// <summary>Before every way in which a VM is moved while it runs.</summary>
    All,

    /// <summary>Only before VMs are handed over, which without one they never are; those that are copied go unproven.</summary>
    Handover,
}

/// <summary>The words for <see cref="CanaryScope"/> in the configuration.</summary>
internal static class CanaryScopes
{
    /// <summary>What is allowed, for error messages.</summary>
    public const string Allowed = "\"all\" and \"handover\" are allowed";

    /// <summary>Reads a word; null where it is none.</summary>
    public static CanaryScope? Find(string word) => word switch
    {
        "all" => CanaryScope.All,
        "handover" => CanaryScope.Handover,
        _ => null,
    };
}
