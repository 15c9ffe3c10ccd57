using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Planning.Checks;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

/// <summary>What a saved VM was saved with, and what it will be started with another day, are both looked at.</summary>
public sealed class SavedDefinitionCheckTests : IDisposable
{
    private const string TwoWatchdogs = "<watchdog model='i6300esb'/><watchdog model='ib700'/>";

    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void What_it_was_saved_with_must_be_had_too()
    {
        var blocker = new SavedDefinitionCheck().Check(Plan(now: "", saved: TwoWatchdogs)).ShouldHaveSingleItem();

        (blocker.Code, blocker.Subject).ShouldBe(("device", "vm"));
        blocker.Problem.ShouldStartWith("as it was saved: it has a watchdog (i6300esb, ib700)");
        blocker.AnsweredBy.ShouldBe(NotLiveMethods.None, "it does not run");
        Planner.Make(Plan(now: "", saved: TwoWatchdogs)).Blockers.ShouldContain(blocker);
    }

    [Fact]
    public void So_must_the_disks_and_networks_that_it_had_then_unless_nobody_can_look()
    {
        const string Then = "<disk type='file' device='disk'><source file='/srv/gone.qcow2'/><target dev='vdb'/></disk><interface type='network'><source network='gone'/></interface>";
        var plan = Plan(now: "", saved: Then);

        new SavedDefinitionCheck().Check(plan).Select(static blocker => (blocker.Code, blocker.Problem)).ShouldBe(
            [("storage", "as it was saved: /srv/gone.qcow2 does not exist in gen-2"), ("network", "as it was saved: the libvirt network gone is not defined")]);
        new SavedDefinitionCheck().Check(plan with { Quick = new QuickPlanNote(DateTimeOffset.UnixEpoch, []) }).ShouldBeEmpty();
    }

    [Fact]
    public void What_is_wrong_with_either_is_told_once()
    {
        new SavedDefinitionCheck().Check(Plan(now: TwoWatchdogs, saved: TwoWatchdogs)).ShouldBeEmpty();
        new SavedDefinitionCheck().Check(Plan(now: TwoWatchdogs, saved: null)).ShouldBeEmpty();
    }

    private PlanContext Plan(string now, string? saved)
    {
        var domain = _world.Source.Domains.Add("vm", DomainState.ShutOff);
        var machine = new VirtualMachine(domain, Read(now), [], Job: null, Unreadable: null) { AsSaved = saved is null ? null : Read(saved) };
        return PlanContexts.Of(_world, _world.Session.Settings, [machine]);
    }

    private static VmDefinition Read(string devices) => DomainXmlReader.Read(Releases.Vm(devices));
}
