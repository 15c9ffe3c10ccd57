using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Generations;

/// <summary>
/// Where libvirt keeps what belongs to one VM in directories of its generation alone. Paths are below a generation's
/// <c>/var/lib/libvirt</c>. libvirt lets no name of a VM have a slash.
/// </summary>
internal static class VmFiles
{
    /// <summary>Directory of what libvirt knows of its checkpoints.</summary>
    public static string Checkpoints(string name) => $"{VirshCheckpoints.Directory}/{name}";
}
