using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// A VM that is saved goes on with the definition that is in its image, which may be another than that of its next cold start: the
/// other side must have what either names.
/// </summary>
public sealed class SavedDefinitionCheck : IPlanCheck
{
    private const string Fix = "Start it and shut it down, after which its own definition counts, or, if what was saved may be lost, drop the image with 'virsh managedsave-remove'.";

    private static readonly IReadOnlyList<IPlanCheck> OfHardware = [new MachineCheck(), new CpuCheck(), new HardwareCheck(), new WatchdogCheck(), new FirmwareCheck()];

    /// <summary>What looks at a side that runs; a quick plan has none.</summary>
    private static readonly IReadOnlyList<IPlanCheck> OfSurroundings = [new StorageCheck(), new NetworkCheck()];

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        var saved = context with
        {
            Inventory = context.Inventory with
            {
                // It is restored with what it ran with.
                VirtualMachines =
                [
                    .. context.Inventory.VirtualMachines
                        .Where(static machine => machine.AsSaved is not null)
                        .Select(static machine => machine with { Definition = machine.AsSaved, Domain = machine.Domain with { State = DomainState.Paused } }),
                ],
            },
        };
        foreach (var check in context.Quick is null ? OfHardware.Concat(OfSurroundings) : OfHardware)
        {
            var known = check.Check(context).Select(static blocker => (blocker.Code, blocker.Subject, blocker.Problem)).ToHashSet();
            foreach (var blocker in check.Check(saved).Where(blocker => !known.Contains((blocker.Code, blocker.Subject, blocker.Problem))))
                yield return new Blocker(blocker.Code, blocker.Subject, $"as it was saved: {blocker.Problem}", Fix);
        }
    }
}
