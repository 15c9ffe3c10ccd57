using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning;

/// <summary>What is to be known before VMs go from the outer host's own libvirt into a generation, or back.</summary>
internal static class OuterHostWarnings
{
    private const string Hooks = "/etc/libvirt/hooks";

    /// <summary>The warnings.</summary>
    public static IEnumerable<string> Of(PlanContext context)
    {
        var outer = context.Source.Generation.IsOuter ? context.Source : context.Target;
        if (!outer.Generation.IsOuter)
            yield break;
        if (context.Kernel.ReadText(outer.InitPid, "/sys/module/apparmor/parameters/enabled") is "Y")
        {
            yield return "AppArmor is on: where a move fails since a QEMU of the outer host may not use its migration socket, put "
                + $"'{HostImageContract.MigrationSockets}/** rw,' into /etc/apparmor.d/local/abstractions/libvirt-qemu there; the VM runs on where it is meanwhile";
        }

        if (!context.Source.Generation.IsOuter)
            yield break;
        if (context.Kernel.Look(outer.InitPid, $"{Hooks}/qemu") is not null || context.Kernel.Look(outer.InitPid, $"{Hooks}/qemu.d") is not null || context.Kernel.Look(outer.InitPid, $"{Hooks}/network") is not null)
            yield return $"the outer host has scripts of its own in {Hooks}, which are not carried: put what VMs need of them into the generation, and name it in [carry]";
        foreach (var network in context.SourceObjects.Where(static item => item.Kind == HostObjectKind.Network))
        {
            var on = context.Readable()
                .Where(pair => pair.Definition.Interfaces.Any(card => card.Type is "network" && string.Equals(card.Source, network.Name, StringComparison.Ordinal)))
                .Select(static pair => pair.Machine.Name)
                .ToList();
            if (on.Count == 0)
                continue;
            if (context.Settings.Adopt.CutNetworks.Contains(network.Name, StringComparer.Ordinal))
                yield return $"{string.Join(", ", on)}: cut off from the libvirt network {network.Name} of the outer host, as {AdoptKeys.CutNetworks} allows";
            else if (DomainXmlReader.Parse(network.Definition).Element("forward") is null)
                yield return $"{string.Join(", ", on)}: on the isolated libvirt network {network.Name} they go on to reach each other once all have moved, and the outer host no more";
        }
    }
}
