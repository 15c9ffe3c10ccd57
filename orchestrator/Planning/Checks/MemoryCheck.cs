namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>A copy needs the VM's RAM a second time on this machine while it moves.</summary>
public sealed class MemoryCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        var available = context.Kernel.AvailableMemoryBytes();
        var reserve = context.Settings.Migration.MemoryReserveMiB << 20;
        foreach (var (machine, definition) in context.Readable())
        {
            var handover = context.Handovers.GetValueOrDefault(machine.Domain.Uuid);
            if (machine.Domain.IsActive && handover is not { Possible: true } && definition.MemoryBytes > available - reserve)
            {
                var doubt = handover is { Ready: true } ? $", which it would not need, but {handover.Reason}" : "";
                yield return new Blocker(
                    Blocker.Memory,
                    machine.Name,
                    $"no room for a second copy of its RAM: {definition.MemoryBytes >> 20} MiB needed, {Math.Max(0, available - reserve) >> 20} MiB free "
                    + $"({available >> 20} MiB available less {context.Settings.Migration.MemoryReserveMiB} MiB kept in reserve){doubt}",
                    "Free memory, shrink the VM's balloon and maximum, or shut it down for the swap.")
                {
                    // A guest that was to be moved without a stop is not restarted since memory is short at the moment.
                    AnsweredBy = NotLiveMethods.SaveRestore,
                };
            }
        }
    }
}
