using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Diagnosis;

/// <summary>The Docker networks of guests, and whether the active generation is on all that are configured.</summary>
internal sealed class NetworkChecks(HostSwapSettings settings, IContainerEngine engine)
{
    /// <summary>Their stable name.</summary>
    public const string Name = "network";

    /// <summary>Looks at one network.</summary>
    public async Task<HealthCheck> LookAsync(GuestNetwork network, CancellationToken cancellationToken)
    {
        var there = await engine.FindNetworkAsync(network.Network, cancellationToken);
        if (GuestNetworks.Fault(there) is { } fault)
        {
            return new HealthCheck(
                Name,
                HealthStatus.Error,
                $"the Docker network {network.Network} of {network.Bridge} {fault}",
                there is null ? "Run 'hostctl init'." : "Make it anew with 'docker network create', or name another in the configuration.");
        }

        var subnets = there!.Subnets.Select(GuestNetworks.Canonical).OfType<string>().ToList();
        var absent = new[] { network.Subnet, network.Subnet6 }.OfType<string>().Where(subnet => !subnets.Contains(subnet, StringComparer.Ordinal)).ToList();
        var words = $"{network.Network} of {network.Bridge}: {string.Join(", ", subnets)}";
        return absent.Count == 0
            ? new HealthCheck(Name, HealthStatus.Ok, words, "")
            : new HealthCheck(
                Name,
                HealthStatus.Warning,
                $"{words}, and not {string.Join(" and ", absent)} as configured",
                "Docker never changes a network: correct the configuration, or remove the network once no generation is on it, and run 'hostctl init'.");
    }

    /// <summary>Looks at the active generation's container.</summary>
    public async Task<HealthCheck> LookAsync(string container, string generation, CancellationToken cancellationToken)
    {
        var there = await engine.FindContainerAsync(container, cancellationToken);
        if (there is null)
            return new HealthCheck(Name, HealthStatus.Warning, $"{generation} has no container", "Run 'hostctl start'.");
        var has = AttachedNetwork.Of(there, settings);
        var lacks = settings.Networks.Where(network => !has.Contains((network.Bridge, network.Network))).Select(static network => $"{network.Bridge} ({network.Network})").ToList();
        return lacks.Count == 0
            ? new HealthCheck(Name, HealthStatus.Ok, $"{generation} has {string.Join(", ", has.Select(static pair => pair.Bridge))}", "")
            : new HealthCheck(
                Name,
                HealthStatus.Warning,
                $"{generation} was made before {string.Join(", ", lacks)} {(lacks.Count == 1 ? "was" : "were")} configured, and does not have {(lacks.Count == 1 ? "it" : "them")}",
                "The next generation will: 'hostctl swap' (with --force where the image is the same).");
    }
}
