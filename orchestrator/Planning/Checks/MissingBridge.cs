using HostSwap.Orchestrator.Generations;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>What to say of a bridge that something needs and the other side does not have.</summary>
internal static class MissingBridge
{
    /// <summary>The blocker.</summary>
    public static Blocker Of(PlanContext context, string subject, string bridge)
    {
        var target = context.Target.Generation;
        var configured = context.Settings.Networks.Any(network => string.Equals(network.Bridge, bridge, StringComparison.Ordinal));
        return new Blocker(
            "bridge",
            subject,
            $"the bridge {bridge} does not exist in {target.Name}{(configured ? ", which was made before it was configured" : "")}",
            configured
                ? $"Only a new generation gets it: 'hostctl swap' to a new candidate{(target.Role == GenerationRole.Candidate ? $", after 'hostctl resume --rollback' has put {target.Name} away" : "")}; or attach it to another bridge."
                : $"Have every generation make it: a table [network.\"NAME\"] with bridge = \"{bridge}\" in the configuration.");
    }
}
