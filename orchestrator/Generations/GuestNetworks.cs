using System.Net;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Generations;

/// <summary>The Docker networks of guests: made where they are absent, and looked at before a generation is put on them.</summary>
public sealed class GuestNetworks(HostSwapSettings settings, IContainerEngine engine)
{
    private const string Step = "network";

    /// <summary>The configured networks that Docker does not have.</summary>
    public async Task<IReadOnlyList<GuestNetwork>> MissingAsync(CancellationToken cancellationToken)
    {
        var missing = new List<GuestNetwork>();
        foreach (var network in settings.Networks)
        {
            if (await engine.FindNetworkAsync(network.Network, cancellationToken) is null)
                missing.Add(network);
        }

        return missing;
    }

    /// <summary>Makes those that are missing.</summary>
    public async Task EnsureAsync(EffectLog log, CancellationToken cancellationToken)
    {
        foreach (var network in await MissingAsync(cancellationToken))
            await log.DoAsync(Step, network.Network, () => MakeAsync(network, cancellationToken));
    }

    /// <summary>Looks at all of them; each has a bridge in a generation that is made now.</summary>
    /// <exception cref="EnvironmentException">One is absent, or cannot carry guests; all such are named.</exception>
    public async Task<IReadOnlyList<AttachedNetwork>> ReadAsync(CancellationToken cancellationToken)
    {
        var found = new List<AttachedNetwork>();
        var problems = new List<string>();
        foreach (var network in settings.Networks)
        {
            var there = await engine.FindNetworkAsync(network.Network, cancellationToken);
            if (Fault(there) is { } fault)
                problems.Add($"the Docker network {network.Network} of {network.Bridge} {fault}");
            else
                found.Add(new AttachedNetwork(network.Bridge, network.Network, [.. there!.Subnets.Select(Canonical).OfType<string>()]));
        }

        return problems.Count == 0
            ? found
            : throw new EnvironmentException(string.Join("; ", problems), "Run 'hostctl init', or give the network another name in the configuration.");
    }

    /// <summary>Why a network cannot carry guests; null where it can.</summary>
    public static string? Fault(NetworkDescription? network) => network switch
    {
        null => "does not exist",
        { Driver: not "bridge" } => $"is of the driver {network.Driver}: only a bridge carries the frames of guests",
        _ when !network.Subnets.Any(static subnet => Canonical(subnet) is not null) => "has no subnet, by which a generation tells its interfaces apart",
        _ => null,
    };

    /// <summary>A subnet as the kernel writes it: Docker before 28 takes an address inside the subnet as well. Null where it is none.</summary>
    internal static string? Canonical(string subnet)
    {
        var parts = subnet.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out var address) || !int.TryParse(parts[1], System.Globalization.CultureInfo.InvariantCulture, out var length))
            return null;
        var bytes = address.GetAddressBytes();
        if (length < 0 || length > bytes.Length * 8)
            return null;
        for (var bit = length; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return $"{new IPAddress(bytes)}/{length.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
    }

    private async Task<string> MakeAsync(GuestNetwork network, CancellationToken cancellationToken)
    {
        await engine.CreateNetworkAsync(
            new NetworkSpec(
                network.Network,
                network.Subnet,
                network.ContainerRange,
                new Dictionary<string, string>(StringComparer.Ordinal) { [HostImageContract.InstanceLabel] = settings.Paths.Instance })
            {
                Subnet6 = network.Subnet6,
                OuterBridge = network.OuterBridge,
            },
            cancellationToken);
        var made = await engine.FindNetworkAsync(network.Network, cancellationToken);
        return made is null
            ? throw new AdapterException("docker", $"create network {network.Network}", "it is not there after it was made")
            : $"{string.Join(", ", made.Subnets)}, gateway {made.Gateway}, for {network.Bridge}";
    }
}

/// <summary>A Docker network that a generation is on, and the bridge that its interface there belongs to.</summary>
/// <param name="Bridge">The bridge.</param>
/// <param name="Network">The Docker network.</param>
/// <param name="Subnets">Its subnets as the kernel writes them.</param>
public sealed record AttachedNetwork(string Bridge, string Network, IReadOnlyList<string> Subnets)
{
    /// <summary>What the label of a host container says: <c>br0=hostswap br1=hostswap-lan</c>. None of the names can hold a space or <c>=</c>.</summary>
    public static string ToLabel(IReadOnlyList<AttachedNetwork> networks) =>
        string.Join(' ', networks.Select(static network => $"{network.Bridge}={network.Network}"));

    /// <summary>What the image is told: <c>br0=10.20.0.0/16,fd00:20::/64 br1=10.30.0.0/24</c>.</summary>
    public static string ToVariable(IReadOnlyList<AttachedNetwork> networks) =>
        string.Join(' ', networks.Select(static network => $"{network.Bridge}={string.Join(',', network.Subnets)}"));

    /// <summary>Bridges and Docker networks of a host container. One that an older hostctl has made has no label, and one network.</summary>
    public static IReadOnlyList<(string Bridge, string Network)> Of(ContainerDescription container, HostSwapSettings settings) =>
        container.Labels.TryGetValue(HostImageContract.NetworksLabel, out var label)
            ? [.. label.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=')).Where(static pair => pair.Length == 2).Select(static pair => (pair[0], pair[1]))]
            : [(SettingsDefaults.GuestBridge, settings.Docker.Network)];
}
