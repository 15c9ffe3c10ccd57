using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Fleet;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl fleet status --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/fleet/1</c>.</param>
/// <param name="Service"><c>none</c>, <c>etcd</c> or <c>fleet-lock</c>.</param>
/// <param name="Group">The group of servers.</param>
/// <param name="Limit">How many of it are swapped at once; absent where the service has its own limit, or there is none.</param>
/// <param name="Member">What this server is called there.</param>
/// <param name="Holders">Those who have a slot; absent where the service does not tell.</param>
internal sealed record FleetDocument(string Schema, string Service, string Group, int? Limit, string Member, IReadOnlyList<FleetHolderDto>? Holders)
{
    /// <summary>Maps what was seen.</summary>
    public static FleetDocument From(FleetStatus status) => new(
        "hostswap/fleet/1", Words.Of(status.Service), status.Group, status.Limit, status.Member, status.Holders?.Select(FleetHolderDto.From).ToList());
}

/// <summary>A member that has a slot.</summary>
/// <param name="Member">What it is called: untrusted text.</param>
/// <param name="Host">Its machine's name: untrusted text.</param>
/// <param name="Since">Since when; absent where it is not known.</param>
internal sealed record FleetHolderDto(string Member, string Host, DateTimeOffset? Since)
{
    /// <summary>Maps it.</summary>
    public static FleetHolderDto From(FleetHolder holder) => new(holder.Member, holder.Host, holder.Since);
}
