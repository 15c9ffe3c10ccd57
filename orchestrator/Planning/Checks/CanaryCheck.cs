namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>A VM with whose machine type and CPU a canary could not even be copied would not arrive either.</summary>
public sealed class CanaryCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var machine in context.Inventory.VirtualMachines)
        {
            if (context.Grounded.GetValueOrDefault(machine.Domain.Uuid) is { } why)
                yield return new Blocker("canary", machine.Name, why, "Plan again, which has another canary fly; where that fails too, give the VM another machine type or CPU at its next cold start, or shut it down.") { AnsweredBy = NotLiveAnswers.ByNextStart(machine) };
        }
    }
}
