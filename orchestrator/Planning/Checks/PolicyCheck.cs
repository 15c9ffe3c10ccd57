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

        var wanting = context.Inventory.VirtualMachines
            .Where(machine => machine.Domain.IsActive && VmPolicy.Of(machine, context.Settings).OnNoConvergence == ConvergencePolicy.PostCopy)
            .ToList();
        if (wanting.Count == 0 || context.Kernel.ReadText(context.Target.InitPid, UserFaults) is "1")
            yield break;
        foreach (var machine in wanting)
            yield return new Blocker("postcopy", machine.Name, "its policy is postcopy, and the kernel lets no QEMU handle its page faults (vm.unprivileged_userfaultfd is not 1)", "Set it on the outer host, in /etc/sysctl.d, or give the VM another policy.");
    }
}
