using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.UnitTests.Fakes;

/// <summary>What a plan is made from, with nothing in it but VMs.</summary>
internal static class PlanContexts
{
    public static PlanContext Of(SwapWorld world, HostSwapSettings settings, IReadOnlyList<VirtualMachine> machines, string libvirt = "9.0")
    {
        var session = world.Session;
        var host = new LibvirtHostDescription(Guid.NewGuid(), Version.Parse(libvirt), new Version(10, 0), "<capabilities/>");
        return new PlanContext(
            settings,
            world.Kernel,
            new PlanSide(session.Source.Generation, Image: null, host, SwapWorld.SourcePid),
            new PlanSide(session.Target.Generation, Image: null, host with { HostUuid = Guid.NewGuid() }, SwapWorld.TargetPid),
            new HostInventory(machines, [], []),
            SideAnswers.None,
            SideAnswers.None,
            [])
        {
            Packages = [],
        };
    }
}
