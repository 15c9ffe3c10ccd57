namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// A VM that is prepared for handover starts only where its QEMU finds the directory for its second monitor and the memory
/// mount, also when its RAM is copied. A generation that an older hostctl made shows neither.
/// </summary>
public sealed class PreparedCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        if (context.Target.MissingMounts.Count == 0)
            yield break;

        var missing = string.Join(" and ", context.Target.MissingMounts);
        foreach (var machine in context.Inventory.VirtualMachines.Where(machine => context.Prepared.Contains(machine.Domain.Uuid)))
        {
            yield return new Blocker(
                "prepared",
                machine.Name,
                $"it is prepared for handover, and {context.Target.Generation.Name} does not see {missing}, without which its QEMU cannot start there",
                "Swap to a new generation, which does; or 'hostctl vm unprepare', then shut the VM down and start it.");
        }
    }
}
