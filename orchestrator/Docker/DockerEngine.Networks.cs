using Docker.DotNet.Models;

namespace HostSwap.Orchestrator.Docker;

/// <content>Networks.</content>
public sealed partial class DockerEngine
{
    private const string BridgeName = "com.docker.network.bridge.name";

    /// <summary>By so many digits of a network's id Docker calls a bridge that nobody has named.</summary>
    private const int ShortId = 12;

    /// <inheritdoc/>
    public async Task<NetworkDescription?> FindNetworkAsync(string name, CancellationToken cancellationToken)
    {
        // Docker also matches ids and parts of names, so the exact name is looked for in the list.
        var parameters = new NetworksListParameters { Filters = Filter("name", name) };
        var networks = await CallAsync(
            "list networks", (client, token) => client.Networks.ListNetworksAsync(parameters, token), cancellationToken);
        var network = networks.FirstOrDefault(candidate => string.Equals(candidate.Name, name, StringComparison.Ordinal));
        if (network is null)
            return null;
        var addresses = (network.IPAM?.Config ?? []).Where(static config => !string.IsNullOrEmpty(config.Subnet)).ToList();
        var gateway = addresses.Find(static config => config.Subnet.Contains('.', StringComparison.Ordinal))?.Gateway;
        return new NetworkDescription(network.Name, network.Driver, [.. addresses.Select(static config => config.Subnet)], gateway)
        {
            OuterBridge = network.Driver is "bridge" ? network.Options is { } options && options.TryGetValue(BridgeName, out var named) ? named : $"br-{network.ID[..ShortId]}" : null,
        };
    }

    /// <inheritdoc/>
    public Task CreateNetworkAsync(NetworkSpec spec, CancellationToken cancellationToken)
    {
        var parameters = new NetworksCreateParameters
        {
            Name = spec.Name,
            Driver = "bridge",
            Labels = new Dictionary<string, string>(spec.Labels, StringComparer.Ordinal),
        };
        var addresses = new List<IPAMConfig>();
        if (spec.Subnet is not null)
            addresses.Add(new IPAMConfig { Subnet = spec.Subnet, IPRange = spec.ContainerRange ?? "" });
        if (spec.Subnet6 is not null)
            addresses.Add(new IPAMConfig { Subnet = spec.Subnet6 });
        if (addresses.Count > 0)
            parameters.IPAM = new IPAM { Driver = "default", Config = addresses };
        parameters.EnableIPv6 = spec.Subnet6 is not null;
        if (spec.OuterBridge is not null)
            parameters.Options = new Dictionary<string, string>(StringComparer.Ordinal) { [BridgeName] = spec.OuterBridge };

        return CallAsync(
            $"create network {spec.Name}",
            (client, token) => client.Networks.CreateNetworkAsync(parameters, token),
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task ConnectNetworkAsync(string container, string network, CancellationToken cancellationToken)
    {
        // Docker before 25 takes one network when it creates a container (API 1.44), so that all others follow, one by one.
        if (await FindContainerAsync(container, cancellationToken) is { } there && there.Networks.ContainsKey(network))
            return;
        await CallAsync(
            $"connect {container} to network {network}",
            async (client, token) =>
            {
                await client.Networks.ConnectNetworkAsync(network, new NetworkConnectParameters { Container = container }, token);
                return network;
            },
            cancellationToken);
    }
}
