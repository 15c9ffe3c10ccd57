namespace HostSwap.Orchestrator.Configuration;

/// <summary>The operator's own files inside of generations, which each new one is given.</summary>
/// <param name="Files">Files, and directories with all that is in them: paths inside of host containers.</param>
/// <param name="Reload">systemd units of the new generation that read them, and are reloaded or restarted after.</param>
public sealed record CarrySettings(IReadOnlyList<string> Files, IReadOnlyList<string> Reload)
{
    /// <summary>Where mdevctl(8) keeps the definitions of mediated devices, which are libvirt's persistent node devices; it is watched by libvirt.</summary>
    public const string NodeDevices = "/etc/mdevctl.d";

    /// <summary>All that is carried as files.</summary>
    public IReadOnlyList<string> All => [.. Files, NodeDevices];
}
