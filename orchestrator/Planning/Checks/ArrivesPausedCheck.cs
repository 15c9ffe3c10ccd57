using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// Of the way back: a paused VM that arrives in an old QEMU cannot leave that again before it has run; see
/// <see cref="DomainStateCheck"/>, which blocks it once it is there.
/// </summary>
public sealed class ArrivesPausedCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        if (context.Source.Host.HypervisorVersion >= DomainStateCheck.FixedQemu)
            yield break;

        foreach (var (machine, definition) in context.Readable())
        {
            if (machine.Domain.State == DomainState.Paused && definition.Disks.Any(disk => !disk.ReadOnly))
                yield return new Blocker("paused-in-old-qemu", machine.Name, $"it is paused, and QEMU {context.Source.Host.HypervisorVersion} lets it leave only after it has run", "Let it run ('virsh resume') before.");
        }
    }
}
