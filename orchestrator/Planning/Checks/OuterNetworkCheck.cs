using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// Whether a VM that goes from the outer host's own libvirt into a generation, or back, is on the same wire there: a bridge of
/// the same name is another bridge, unless the generation's is a port of the outer host's.
/// </summary>
public sealed class OuterNetworkCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        if (!context.Source.Generation.IsOuter && !context.Target.Generation.IsOuter)
            yield break;
        foreach (var (machine, definition) in context.Readable())
        {
            foreach (var card in definition.Interfaces)
            {
                if (card is { Type: "bridge", Source: { } bridge } && Elsewhere(context, machine, bridge) is { } other)
                    yield return other;
                if (card is { Type: "network", Source: { } network } && OfNetwork(context, machine, network) is { } blocker)
                    yield return blocker;
            }
        }
    }

    /// <summary>A bridge that is not there at all is told of by <see cref="NetworkCheck"/>.</summary>
    private static Blocker? Elsewhere(PlanContext context, VirtualMachine machine, string bridge)
    {
        var network = context.Settings.Networks.FirstOrDefault(network => string.Equals(network.Bridge, bridge, StringComparison.Ordinal));
        if (network is null || !context.OuterBridges.TryGetValue(bridge, out var outer) || string.Equals(outer, bridge, StringComparison.Ordinal))
            return null;
        var key = network == context.Settings.Networks[0] ? KnownKeys.DockerOuterBridge : "outer_bridge of its table";
        return new Blocker(
            "bridge",
            machine.Name,
            $"it is on the outer host's bridge {bridge}, and {bridge} of a generation is a port of another one, {outer}: its guest would find itself on another network",
            $"Have the Docker network {network.Network} use {bridge}: remove it ('docker network rm {network.Network}'), set {key} = \"{bridge}\" and, where {bridge} has an address, a subnet "
            + $"in which that is the first, and run 'hostctl init'; or make it yourself ('docker network create --gateway ADDRESS --subnet SUBNET -o com.docker.network.bridge.name={bridge} {network.Network}').");
    }

    private static Blocker? OfNetwork(PlanContext context, VirtualMachine machine, string name)
    {
        if (context.Find(HostObjectKind.Network, name) is not { } network)
            return null; // NetworkCheck has told.
        var xml = DomainXmlReader.Parse(network.Definition);
        var mode = xml.Element("forward") is { } forward ? forward.Attribute("mode")?.Value ?? "nat" : null;
        if (mode is "bridge" && xml.Element("bridge")?.Attribute("name")?.Value is { } bridge)
            return Elsewhere(context, machine, bridge);
        // Nothing is lost on the way back, where libvirt's network is the outer host's again.
        if (!context.Source.Generation.IsOuter || mode is not ("nat" or "route" or "open") || context.Settings.Adopt.CutNetworks.Contains(name, StringComparer.Ordinal))
            return null;
        return new Blocker(
            "network",
            machine.Name,
            $"it is on the libvirt network {name} (forward mode {mode}), which leads out of the outer host; in a generation it leads nowhere, and its guest would be cut off",
            $"Attach it to a bridge of {KnownKeys.DockerOuterBridge} or a [network] table before; or name {name} in {AdoptKeys.CutNetworks} in the configuration, if its guests can do without.");
    }
}
