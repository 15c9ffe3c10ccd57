namespace HostSwap.Orchestrator.Planning;

/// <summary>One reason, or one kind of reasons, for which a swap can be refused.</summary>
public interface IPlanCheck
{
    /// <summary>Every blocker of its kind.</summary>
    IEnumerable<Blocker> Check(PlanContext context);
}
