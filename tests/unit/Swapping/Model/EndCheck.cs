using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>What must be so after a command, and at the end of a script.</summary>
internal sealed class EndCheck(ModelWorld world)
{
    /// <summary>Where the journal says that nothing is unfinished, nothing may be.</summary>
    public void AfterCommand()
    {
        if (world.Journal.UnfinishedOperations().Count == 0)
            Settled();
    }

    /// <summary>Nothing is unfinished, and everything is up.</summary>
    public void Finished()
    {
        Settled();
        var active = Active();
        foreach (var record in world.Journal.Generations())
        {
            if (world.Container(record.Number)?.Running is true != (record.Number == active))
                throw new InvariantBroken($"gen-{record.Number} {record.Role} should {(record.Number == active ? "" : "not ")}run");
        }

        if (world.Container(active) is not { Restart: true })
            throw new InvariantBroken("Docker does not start the active generation");
        foreach (var machine in world.Machines)
            Finished(machine, world.Libvirt(active).Domains.GetValueOrDefault(machine.Uuid));
    }

    private static void Finished(ModelVm machine, DomainRecord? domain)
    {
        var wrong = machine.Expected switch
        {
            Expectation.Runs => domain is not { State: DomainState.Running },
            Expectation.Off => domain is not { IsActive: false },
            Expectation.Gone => domain is not null,
            _ => false,
        };
        if (wrong)
            throw new InvariantBroken($"{machine.Name} should be {machine.Expected} and is {domain}");
    }

    private void Settled()
    {
        var active = Active();
        if (world.Journal.Generations().Any(record => string.Equals(record.Role, nameof(GenerationRole.Candidate), StringComparison.Ordinal)))
            throw new InvariantBroken("nothing is unfinished, but there is a candidate");

        foreach (var machine in world.Machines.Where(machine => machine.Persistent))
        {
            var places = world.Journal.Generations().Where(record => world.Libvirt(record.Number).Defines(machine.Uuid)).Select(record => record.Number).ToList();
            if (places is not [var place] || place != active)
                throw new InvariantBroken($"nothing is unfinished, but {machine.Name} is defined in [{string.Join(", ", places)}]");
            var images = world.Journal.Generations().Where(record => File.Exists(world.Libvirt(record.Number).SavedImage(machine.Name))).Select(record => record.Number).ToList();
            if (!images.SequenceEqual(machine.Saved ? [active] : []))
                throw new InvariantBroken($"nothing is unfinished, and {machine.Name} is {(machine.Saved ? "" : "not ")}saved, but its images are in [{string.Join(", ", images)}]");
            if (world.Libvirt(active).Domains[machine.Uuid].Autostart != machine.Autostart)
                throw new InvariantBroken($"nothing is unfinished, but the autostart flag of {machine.Name} is not {machine.Autostart}");
        }

        foreach (var machine in world.Machines.Where(machine => machine.Expected == Expectation.Runs && !machine.Persistent))
        {
            if (!world.Libvirt(active).IsActive(machine.Uuid))
                throw new InvariantBroken($"nothing is unfinished, but the transient {machine.Name} is not in gen-{active}");
        }
    }

    private int Active()
    {
        var active = world.Journal.Generations().Where(record => string.Equals(record.Role, nameof(GenerationRole.Active), StringComparison.Ordinal)).ToList();
        return active is [var one] ? one.Number : throw new InvariantBroken($"{active.Count} generations are active");
    }
}
