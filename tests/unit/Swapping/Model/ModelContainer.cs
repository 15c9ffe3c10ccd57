using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;

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

    /// <summary>The networks that it is on.</summary>
    public HashSet<string> Networks { get; } = new(StringComparer.Ordinal) { spec.Network };

    /// <summary>Those that its init has found as it started: the bridges of others do not exist.</summary>
    public IReadOnlyList<string> Joined { get; set; } = [];

    /// <summary>The bridge of a network.</summary>
    public string BridgeOf(string network) => spec.Labels[HostImageContract.NetworksLabel].Split(' ')
        .Select(static pair => pair.Split('=')).First(pair => string.Equals(pair[1], network, StringComparison.Ordinal))[0];

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
        spec.Mounts.ToDictionary(mount => mount.Target, mount => mount.Source, StringComparer.Ordinal))
    {
        Networks = Networks.ToDictionary(static network => network, network => Running ? $"mac-{network}" : "", StringComparer.Ordinal),
    };
}
