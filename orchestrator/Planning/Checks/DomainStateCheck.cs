using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>What a VM is or carries that libvirt would not migrate now.</summary>
public sealed class DomainStateCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context) =>
        context.Source.Inventory.VirtualMachines.SelectMany(machine => CheckOne(context, machine));

    private static IEnumerable<Blocker> CheckOne(PlanContext context, VirtualMachine machine)
    {
        if (machine.Unreadable is { } why)
            yield return new Blocker("definition", machine.Name, $"its definition cannot be read: {why}", "Correct it with 'virsh edit'.");

        if (machine.Job is { Kind: DomainJobKind.Bounded or DomainJobKind.Unbounded })
            yield return new Blocker("operation", machine.Name, "an operation runs on it", "Wait for it to end, or end it with 'virsh domjobabort'.");

        foreach (var disk in machine.Definition?.RunningBlockJobs ?? [])
            yield return new Blocker("operation", machine.Name, $"its disk {disk} is being copied or committed", $"Wait for it to end, or end it with 'virsh blockjob {disk} --abort'.");

        if (machine.Domain.State is DomainState.ShuttingDown or DomainState.PmSuspended)
            yield return new Blocker("state", machine.Name, $"it is {StateWords(machine.Domain.State)}", "Let it end, or wake it with 'virsh dompmwakeup'.");

        // libvirt refuses to migrate a domain with snapshots or checkpoints, whose metadata is not part of a migration.
        if (machine.Snapshots.Count > 0)
            yield return new Blocker("snapshots", machine.Name, $"it has {machine.Snapshots.Count} snapshot(s), which libvirt does not migrate", "Remove their metadata with 'virsh snapshot-delete --metadata', or the snapshots themselves.");

        if (context.CheckpointOwners.Contains(machine.Domain.Uuid))
            yield return new Blocker("checkpoints", machine.Name, "it has checkpoints, which libvirt does not migrate", "Remove their metadata with 'virsh checkpoint-delete --metadata'.");

        if (machine.HasManagedSave)
            yield return new Blocker("managed-save", machine.Name, "it has a managed save image, which belongs to this generation alone", "Start it, or drop the image with 'virsh managedsave-remove'.");
    }

    private static string StateWords(DomainState state) => state == DomainState.ShuttingDown ? "shutting down" : "suspended by its own power management";
}
