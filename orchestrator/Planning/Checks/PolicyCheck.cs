using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>Whether what a VM wants can be understood, and can be had.</summary>
public sealed class PolicyCheck : IPlanCheck
{
    /// <summary>
    /// 1 lets a QEMU that is not root handle the page faults of post-copy (Linux' "userfaultfd" page; libvirt's package
    /// sets it by sysctl.d, which does nothing inside of a container).
    /// </summary>
    private const string UserFaults = "/proc/sys/vm/unprivileged_userfaultfd";

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (machine, definition) in context.Readable())
        {
            foreach (var problem in definition.Metadata.Problems)
                yield return new Blocker("metadata", machine.Name, $"its metadata cannot be understood: {problem}", $"Correct it with 'virsh metadata --uri {VmMetadataReader.Namespace}'.");
        }

        foreach (var machine in context.Inventory.VirtualMachines.Where(machine => machine.Domain.IsActive && !VmPolicy.Of(machine, context.Settings).MovesLive))
            yield return NeverLive(machine);

        var wanting = Wanting(context).ToList();
        if (wanting.Count == 0 || context.Kernel.ReadText(context.Target.InitPid, UserFaults) is "1")
            yield break;
        foreach (var machine in wanting)
            yield return new Blocker("postcopy", machine.Name, "its policy is postcopy, and the kernel lets no QEMU handle its page faults (vm.unprivileged_userfaultfd is not 1)", "Set it on the outer host, in /etc/sysctl.d, or give the VM another policy.");
    }

    private static Blocker NeverLive(VirtualMachine machine) => new(
        "not-live", machine.Name, "it must not be moved while it runs (live = false)", $"Say with {VmKeys.WhenNotLive} what becomes of it instead, or shut it down.")
    {
        AnsweredBy = NotLiveMethods.Restart | NotLiveMethods.SaveRestore,
    };

    /// <summary>
    /// A warning for VMs that may move by post-copy to a libvirt that could not mend it ; null where there are none, or it can.
    /// </summary>
    internal static string? WhyUnmendable(PlanContext context)
    {
        var libvirt = context.Target.Host.LibvirtVersion;
        return !CanMend(libvirt) && Wanting(context).Select(machine => machine.Name).ToList() is { Count: > 0 } names
            ? $"{string.Join(", ", names)}: should post-copy break off, libvirt {libvirt} of {context.Target.Generation.Name} could not mend it (11.4 can)"
            : null;
    }

    /// <summary>
    /// Whether a libvirt that takes a VM in can have a broken post-copy migration mended: from 11.2 until it was fixed in
    /// 11.4 its daemon crashes instead ("Fix virtqemud crash when resuming failed post-copy migration", libvirt's NEWS;
    /// seen with 11.3), which would cost the other moves in flight theirs.
    /// </summary>
    internal static bool CanMend(Version receiver) => receiver < new Version(11, 2) || receiver >= new Version(11, 4);

    private static IEnumerable<VirtualMachine> Wanting(PlanContext context) => context.Inventory.VirtualMachines
        .Where(machine => machine.Domain.IsActive && VmPolicy.Of(machine, context.Settings).OnNoConvergence == ConvergencePolicy.PostCopy);
}
