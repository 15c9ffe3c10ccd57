using HostSwap.Orchestrator.Docker;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>One host container.</summary>
internal sealed class ModelContainer(HostContainerSpec spec, int generation, string id)
{
    public int Generation => generation;

    public bool Running { get; set; }

    /// <summary>Whether its libvirt has been stopped while its init runs on.</summary>
    public bool Closed { get; set; }

    public int Pid { get; set; }

    public string StartedAt { get; set; } = "";

    public bool Restart { get; set; }

    /// <summary>What its init sees under a path of its own; null where nothing of the outer host is mounted there.</summary>
    public string? Outside(string path) =>
        spec.Mounts.FirstOrDefault(mount => string.Equals(mount.Target, path, StringComparison.Ordinal))?.Source;

    public ContainerDescription Describe() => new(
        spec.Name,
        id,
        spec.Image,
        Running,
        Running ? Pid : 0,
        StartedAt,
        Restart,
        spec.Labels,
        spec.Mounts.ToDictionary(mount => mount.Target, mount => mount.Source, StringComparer.Ordinal));
}
