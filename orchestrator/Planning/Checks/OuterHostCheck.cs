using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// Between the outer host's own libvirt and a generation: each must see the other's socket and the migration sockets at the
/// paths by which they are named to both, and hostctl must know whose files it looks at.
/// </summary>
public sealed class OuterHostCheck : IPlanCheck
{
    private const string Code = "outer-host";

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        var (outer, other) = context.Source.Generation.IsOuter ? (context.Source, context.Target) : (context.Target, context.Source);
        if (!outer.Generation.IsOuter)
            yield break;
        var (name, paths) = (outer.Generation.Name, context.Settings.Paths);
        foreach (var (inside, outside, fix) in new[]
        {
            ("/etc/libvirt", paths.Outer.Configuration, $"Correct {AdoptKeys.Root} in the configuration; leave it out on an ordinary server."),
            ("/var/lib/libvirt", paths.Outer.State, $"Correct {AdoptKeys.Root} in the configuration; leave it out on an ordinary server."),
            (HostImageContract.MigrationSockets, paths.MigrationSockets, "Adopt with HostSwap's ordinary root, \"/\": the path is the same on both sides then."),
        })
        {
            if (!IsSame(context, outer, inside, outside))
                yield return new Blocker(Code, name, $"what its libvirt sees as {inside} is not {outside}", fix);
        }

        if (context.Kernel.Look(outer.InitPid, other.Generation.Paths.PeerLibvirtSocket) is null)
            yield return new Blocker(Code, name, $"its libvirt does not see the socket of {other.Generation.Name}, {other.Generation.Paths.PeerLibvirtSocket}", "Adopt with HostSwap's ordinary root, \"/\".");
        if (context.Kernel.Look(outer.InitPid, "/run/libvirt/virtqemud-sock") is not null)
            yield return new Blocker(Code, name, "it has libvirt's modular daemons (virtqemud), which hostctl cannot stop and mask as it does libvirtd", "Go over to libvirtd (libvirt's \"Modular driver daemons\" says how); VMs run on meanwhile.");
        foreach (var blocker in Apart(context).Concat(Foreign(context, outer)))
            yield return blocker;
    }

    /// <summary>Disks belong to the user of the QEMU that has them open, who must be the same in generations.</summary>
    private static IEnumerable<Blocker> Foreign(PlanContext context, PlanSide outer)
    {
        var space = context.Kernel.PidNamespace(outer.InitPid);
        foreach (var process in context.Kernel.QemuProcesses().Where(process => string.Equals(process.PidNamespace, space, StringComparison.Ordinal)))
        {
            if (context.Kernel.UserOf(process.Pid) is { } user && user.User != HostImageContract.QemuUser)
            {
                yield return new Blocker(
                    Code,
                    context.Inventory.VirtualMachines.FirstOrDefault(machine => machine.Domain.Uuid == process.DomainUuid)?.Name ?? process.DomainUuid.ToString(),
                    $"its QEMU runs as user {user.User}, and those of generations as {HostImageContract.QemuUser} (libvirt-qemu), who could not open its disks",
                    $"Have the outer host's QEMUs run as user {HostImageContract.QemuUser} (user in /etc/libvirt/qemu.conf), and start the VM anew.");
            }
        }
    }

    /// <summary>What VMs keep in files is renamed and linked between libvirt's directory and HostSwap's.</summary>
    private static IEnumerable<Blocker> Apart(PlanContext context)
    {
        var here = context.Kernel.Look(Environment.ProcessId, context.Settings.Paths.Outer.State);
        var ours = context.Kernel.Look(Environment.ProcessId, context.Settings.Paths.GenerationStates);
        if (here is null || ours is null || here.Device == ours.Device)
            yield break;
        foreach (var (machine, definition) in context.Readable().Where(pair => Keeps(context, pair.Machine, pair.Definition)))
        {
            yield return new Blocker(
                Code,
                machine.Name,
                $"its managed save image, or what its virtual TPM holds, cannot be carried: {context.Settings.Paths.Outer.State} and {context.Settings.Paths.GenerationStates} are on different file systems",
                definition.HasVtpm ? "Start it: a VM that runs takes its virtual TPM along." : "Start it, which uses its image up.");
        }
    }

    private static bool Keeps(PlanContext context, VirtualMachine machine, VmDefinition definition) =>
        !machine.Domain.IsActive && (definition.HasVtpm || context.SavedImages.ContainsKey(machine.Domain.Uuid));

    private static bool IsSame(PlanContext context, PlanSide outer, string inside, string outside) =>
        context.Kernel.Look(outer.InitPid, inside) is { } there && context.Kernel.Look(Environment.ProcessId, outside) is { } here && here.IsSameFileAs(there);
}
