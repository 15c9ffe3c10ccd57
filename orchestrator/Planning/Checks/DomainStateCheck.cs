using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>What a VM is or carries that libvirt would not migrate now.</summary>
public sealed class DomainStateCheck : IPlanCheck
{
    /// <summary>The first QEMU that was seen to let a VM leave that had arrived paused and never run.</summary>
    internal static readonly Version FixedQemu = new(10, 0);

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context) =>
        context.Inventory.VirtualMachines.SelectMany(machine => CheckOne(context, machine));

    private static IEnumerable<Blocker> CheckOne(PlanContext context, VirtualMachine machine)
    {
        if (machine.Unreadable is { } why)
            yield return new Blocker("definition", machine.Name, $"its definition cannot be read: {why}", "Correct it with 'virsh edit'.");

        foreach (var job in RunningJob.Of(machine))
            yield return new Blocker(Blocker.RunningJob, machine.Name, $"{job.InWords} is under way", job.Fix);

        if (machine.Domain.PostCopy != PostCopyPhase.None)
            yield return new Blocker("postcopy", machine.Name, "its memory is in part on another side: a post-copy migration of it has not come to its end", "Let it end, or mend it with 'hostctl resume'; do not resume or destroy it on either side.");

        if (machine.Domain.State is DomainState.ShuttingDown or DomainState.PmSuspended)
            yield return new Blocker("state", machine.Name, $"it is {StateWords(machine.Domain.State)}", "Let it end, or wake it with 'virsh dompmwakeup'.");

        if (DiesWhenItLeavesPaused(context, machine))
        {
            yield return new Blocker(
                "paused-in-old-qemu",
                machine.Name,
                $"it arrived here paused, and QEMU {context.Source.Host.HypervisorVersion} aborts when such a VM leaves again without having run",
                "Let it run ('virsh resume') until it has been swapped; this ends with a generation whose QEMU is 10.0 or newer.");
        }
    }

    /// <summary>
    /// Measured with QEMU 7.2 and not with 10.0: a VM that has arrived paused and was never resumed has not taken its
    /// disks over; on leaving, <c>bdrv_inactivate_recurse</c> finds them inactive already and aborts, and the VM is lost.
    /// Whether it ran in between cannot be seen from outside, so every VM that came paused is taken for one.
    /// </summary>
    private static bool DiesWhenItLeavesPaused(PlanContext context, VirtualMachine machine) =>
        machine.Domain.State == DomainState.Paused
        && context.Source.Host.HypervisorVersion < FixedQemu
        && machine.Definition?.Disks.Any(disk => !disk.ReadOnly) == true
        && context.Kernel.QemuProcesses().Any(process => process.DomainUuid == machine.Domain.Uuid && process.ArrivedByMigration);

    private static string StateWords(DomainState state) => state == DomainState.ShuttingDown ? "shutting down" : "suspended by its own power management";
}
