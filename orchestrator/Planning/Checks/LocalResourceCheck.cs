using HostSwap.Orchestrator.Comparing;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>What is bound to the outer host's hardware or to one generation, and so cannot move live.</summary>
public sealed class LocalResourceCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (machine, definition) in context.Readable())
        {
            foreach (var device in machine.Domain.IsActive ? definition.HostDevices : [])
            {
                yield return new Blocker("host-device", machine.Name, $"it has a {device.Words}, which cannot move live", "Detach it for the swap, or shut the VM down.")
                {
                    AnsweredBy = NotLiveMethods.Restart | (device.Detachable ? NotLiveMethods.DetachReattach : NotLiveMethods.None),
                };
            }

            foreach (var secret in definition.Secrets.Distinct())
            {
                if (WhyNoSecret(context, secret) is { } problem)
                    yield return new Blocker("secret", machine.Name, problem, "Define it with its value and without private='yes' or ephemeral='yes', or detach what needs it.");
            }
        }
    }

    private static string? WhyNoSecret(PlanContext context, Guid secret)
    {
        var name = secret.ToString("D");
        var there = context.TargetObjects.Any(item => item.Kind == HostObjectKind.Secret && item.Uuid == secret && !item.HasUnreadableValue);
        return context.Find(HostObjectKind.Secret, name) switch
        {
            null => $"its secret {name} is not defined",
            { HasUnreadableValue: true } item when !there => $"its secret {name} cannot be carried over: it has {item.Value}",
            _ => null,
        };
    }
}
