namespace HostSwap.Orchestrator.Configuration;

/// <summary>A network of guests: a Docker network outside, and in every generation a bridge that is a part of it.</summary>
/// <param name="Bridge">The bridge in each generation that VMs are attached to.</param>
/// <param name="Network">The Docker network.</param>
/// <param name="Subnet">Its IPv4 subnet in CIDR form when hostctl creates it; null lets Docker choose.</param>
/// <param name="ContainerRange">Part of the subnet that Docker may give to containers, so that guests keep the rest; null for all.</param>
public sealed record GuestNetwork(string Bridge, string Network, string? Subnet, string? ContainerRange)
{
    /// <summary>Its IPv6 subnet in CIDR form when hostctl creates it; null where the outer host has no IPv6 address on it.</summary>
    public string? Subnet6 { get; init; }

    /// <summary>Name of its bridge on the outer host when hostctl creates it; null lets Docker choose.</summary>
    public string? OuterBridge { get; init; }
}
