using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>Networks, bridges and filters that a VM is attached to must be there on the other side.</summary>
public sealed class NetworkCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        var there = context.Kernel.NetworkInterfaces(context.Target.InitPid);
        foreach (var (machine, definition) in context.Readable())
        {
            foreach (var item in definition.Interfaces)
            {
                if (Problem(context, machine, item, there) is { } blocker)
                    yield return blocker;

                if (item.Filter is { } filter && context.Find(HostObjectKind.NetworkFilter, filter) is null)
                    yield return new Blocker("nwfilter", machine.Name, $"its network filter {filter} is not defined", "Define it with 'virsh nwfilter-define', or take it from the VM's interface.");
            }
        }
    }

    private static Blocker? Problem(PlanContext context, VirtualMachine machine, InterfaceDefinition item, IReadOnlySet<string> there)
    {
        switch (item.Type)
        {
            case "bridge" when item.Source is { } bridge && !there.Contains(bridge):
                return MissingBridge.Of(context, machine.Name, bridge);
            case "network":
                var network = context.Inventory.Networks.FirstOrDefault(known => string.Equals(known.Name, item.Source, StringComparison.Ordinal));
                if (network is null)
                    return new Blocker("network", machine.Name, $"the libvirt network {item.Source} is not defined", "Define it, or attach the VM to another.");
                return network.Persistent
                    ? null
                    : new Blocker("network", machine.Name, $"the libvirt network {item.Source} is transient and cannot be carried over", "Define it persistently with 'virsh net-define'.");
            default:
                return null;
        }
    }
}
