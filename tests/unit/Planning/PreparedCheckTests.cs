using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Planning.Checks;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

/// <summary>A prepared VM goes only where its QEMU can start.</summary>
public sealed class PreparedCheckTests : IDisposable
{
    private readonly SwapWorld _world = new();
    private readonly VirtualMachine _vm = Vm("web");

    public void Dispose() => _world.Dispose();

    [Fact]
    public void A_generation_without_the_mounts_is_refused_to_a_prepared_vm_alone()
    {
        var context = Context(missingInTarget: ["/run/hostswap/qmp"]);

        new PreparedCheck().Check(context).ShouldBeEmpty();
        var blocker = new PreparedCheck().Check(context with { Prepared = new HashSet<Guid> { _vm.Domain.Uuid } }).ShouldHaveSingleItem();

        (blocker.Code, blocker.Subject).ShouldBe(("prepared", "web"));
        blocker.Problem.ShouldContain("/run/hostswap/qmp");
    }

    [Fact]
    public void One_that_cannot_come_back_is_told_and_may_go()
    {
        var context = Context(missingInTarget: []);
        context = context with
        {
            Prepared = new HashSet<Guid> { _vm.Domain.Uuid },
            Source = context.Source with { MissingMounts = ["/run/hostswap/qmp"] },
        };

        var plan = Planner.Make(context);

        plan.Blockers.ShouldNotContain(blocker => blocker.Code == "prepared");
        plan.Moves.ShouldHaveSingleItem().NoWayBack.ShouldNotBeNull().ShouldContain("/run/hostswap/qmp");
    }

    private PlanContext Context(IReadOnlyList<string> missingInTarget)
    {
        var context = PlanContexts.Of(_world, _world.Session.Settings, [_vm]);
        return context with { Target = context.Target with { MissingMounts = missingInTarget } };
    }

    private static VirtualMachine Vm(string name)
    {
        var uuid = Guid.NewGuid();
        return new VirtualMachine(
            new DomainRecord(uuid, name, DomainState.Running, 0, Persistent: true, Autostart: false),
            DomainXmlReader.Read(DomainXmls.Plain(uuid, name)),
            [],
            Job: null,
            Unreadable: null);
    }
}
