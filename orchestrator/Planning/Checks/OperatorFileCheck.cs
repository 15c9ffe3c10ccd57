namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>The operator's own files must be such that they can be copied, on both sides.</summary>
public sealed class OperatorFileCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (generation, files) in new[] { (context.Source.Generation, context.SourceFiles), (context.Target.Generation, context.TargetFiles) })
        {
            foreach (var file in files)
            {
                if (file.Problem is { } problem)
                    yield return new Blocker("carry", file.Path, $"it cannot be carried: in {generation.Name}, {problem}", "Correct it there, or take it out of [carry] files in the configuration.");
            }
        }
    }
}
