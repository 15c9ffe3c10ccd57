namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>What is bound to the outer host's hardware or to one generation, and so cannot move live.</summary>
public sealed class LocalResourceCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (machine, definition) in context.Readable())
        {
            foreach (var device in definition.HostDevices)
                yield return new Blocker("host-device", machine.Name, $"it has a {device}, which cannot move live", "Detach it for the swap, or shut the VM down.");

            foreach (var secret in definition.Secrets.Where(secret => !context.TargetSecrets.Contains(secret)).Distinct())
                yield return new Blocker("secret", machine.Name, $"its secret {secret} is not defined in {context.Target.Generation.Name}", "Define it there, or detach what needs it.");
        }
    }
}
