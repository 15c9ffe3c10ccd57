using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning;

/// <summary>
/// What guests will notice of their networks though nothing of it forbids the swap. A generation has neither an address nor a
/// route of its own, so that what libvirt routes there leads nowhere, before the swap and after it; and a bridge that libvirt
/// makes in a generation has no part in the other one.
/// </summary>
internal static class NetworkWarnings
{
    /// <summary>The first QEMU that keeps the VLAN table of a virtio card when it takes a VM in; measured: 7.2 forgets it, 10.0 keeps it.</summary>
    private static readonly Version KeepsTags = new(8, 0);

    /// <summary>The warnings.</summary>
    public static IEnumerable<string> Of(PlanContext context) => [.. OfBridges(context), .. OfTags(context), .. OfLibvirtNetworks(context)];

    private static IEnumerable<string> OfTags(PlanContext context)
    {
        var qemu = context.Target.Host.HypervisorVersion;
        if (qemu < KeepsTags && context.Readable().Any(static pair => pair.Machine.Domain.IsActive && pair.Definition.Interfaces.Count > 0))
            yield return $"a guest that tags frames itself (VLAN) on a virtio card gets none of those any more once QEMU {qemu} has taken it in, until it makes its VLAN interface anew";
    }

    /// <summary>Bridges of the configuration that only one side has.</summary>
    private static IEnumerable<string> OfBridges(PlanContext context)
    {
        // The outer host's bridges are what they are, and each VM's is looked at.
        if (context.Source.Generation.IsOuter || context.Target.Generation.IsOuter)
            yield break;
        var here = context.Kernel.NetworkInterfaces(context.Source.InitPid);
        var there = context.Kernel.NetworkInterfaces(context.Target.InitPid);
        var (source, target) = (context.Source.Generation.Name, context.Target.Generation.Name);
        foreach (var network in context.Settings.Networks)
        {
            var (isHere, isThere) = (here.Contains(network.Bridge), there.Contains(network.Bridge));
            if (isThere && !isHere)
                yield return $"the bridge {network.Bridge} ({network.Network}) is new in {target}: a VM that is attached to it there cannot go back to {source}";
            else if (isHere && !isThere)
                yield return $"{target} was made before the bridge {network.Bridge} ({network.Network}) was configured, and does not have it";
        }
    }

    private static IEnumerable<string> OfLibvirtNetworks(PlanContext context)
    {
        foreach (var network in context.SourceObjects.Where(static item => item is { Kind: HostObjectKind.Network, Active: true }))
        {
            var running = context.Readable()
                .Where(pair => pair.Machine.Domain.IsActive && pair.Definition.Interfaces.Any(card => card.Type is "network" && string.Equals(card.Source, network.Name, StringComparison.Ordinal)))
                .Select(static pair => pair.Machine.Name)
                .ToList();
            if (running.Count == 0)
                continue;
            var mode = DomainXmlReader.Parse(network.Definition).Element("forward") is { } forward ? forward.Attribute("mode")?.Value ?? "nat" : null;
            if (mode is "nat" or "route" or "open")
            {
                yield return $"{string.Join(", ", running)}: the libvirt network {network.Name} (forward mode {mode}) ends in the generation, which has no way out: "
                    + $"give it <forward mode='bridge'/> and <bridge name='{context.Settings.Networks[0].Bridge}'/>, and the outer host does the rest; VMs keep <source network='{network.Name}'/>";
            }

            if (running.Count > 1 && mode is (null or "nat" or "route" or "open"))
                yield return $"{string.Join(", ", running)}: those that have moved and those that have not do not reach each other on the libvirt network {network.Name} until all have moved";
        }
    }
}
