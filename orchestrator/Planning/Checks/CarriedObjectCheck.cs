namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>Active networks and pools must be able to start on the other side.</summary>
public sealed class CarriedObjectCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        var target = context.Target;
        var interfaces = context.Kernel.NetworkInterfaces(target.InitPid);
        foreach (var need in context.CarriedNeeds)
        {
            var subject = $"{need.Kind} {need.Name}";
            if (need.Bridge is { } bridge && !interfaces.Contains(bridge))
                yield return MissingBridge.Of(context, subject, bridge);

            if (need.Directory is { } directory
                && (context.Kernel.Look(target.InitPid, directory) is not { } there
                    || context.Kernel.Look(context.Source.InitPid, directory) is not { } here
                    || !here.IsSameFileAs(there)))
            {
                yield return new Blocker("storage", subject, $"its directory {directory} is not the same one in {target.Generation.Name}", (context.Source.Generation.IsOuter ? StorageCheck.OuterFix(directory) : null) ?? "Put it below a directory of storage.shared in the configuration.");
            }
        }
    }
}
