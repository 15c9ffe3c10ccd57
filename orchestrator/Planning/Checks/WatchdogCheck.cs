namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// libvirt takes a single watchdog before 9.1, which also is the first to show the one that is built into every q35 machine (its
/// NEWS: "Support multiple watchdog devices", "Support the iTCO watchdog"). A VM that has one more can then not go to the older:
/// "only a single watchdog device is supported", measured from 11.3 to 9.0.
/// </summary>
public sealed class WatchdogCheck : IPlanCheck
{
    private const string BuiltIn = "itco";

    private static readonly Version TakesSeveral = new(9, 1);

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        var (here, there) = (context.Source.Host.LibvirtVersion, context.Target.Host.LibvirtVersion);
        if (there >= TakesSeveral)
            yield break;

        foreach (var (machine, definition) in context.Readable())
        {
            var own = definition.Watchdogs.Where(static model => model is not BuiltIn).ToList();
            var builtIn = here >= TakesSeveral && definition.MachineType.Contains("q35", StringComparison.Ordinal) ? 1 : 0;
            if (own.Count > 0 && own.Count + builtIn > 1)
            {
                yield return new Blocker(
                    "device",
                    machine.Name,
                    $"it has a watchdog ({string.Join(", ", own)}) besides {(own.Count > 1 ? "another" : "the one that is built into q35")}, and libvirt {there} of {context.Target.Generation.Name} takes a single one (9.1 takes several)",
                    "Take the watchdog away at its next cold start, or choose an image with a newer libvirt.")
                {
                    AnsweredBy = NotLiveAnswers.ByNextStart(machine),
                };
            }
        }
    }
}
