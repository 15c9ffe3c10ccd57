using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Procfs;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

/// <summary>Each question is put to a generation once.</summary>
public sealed class SideSurveyTests : IDisposable
{
    private const string Cpu = "<cpu mode='custom'><model>Nehalem</model></cpu>";
    private const string Card = "<interface type='bridge'><model type='e1000'/></interface>";

    private readonly SwapWorld _world = new();
    private readonly FakeLibvirtHost _libvirt = new() { DomainCapabilities = Releases.Read("trixie-domain.xml") };
    private readonly FakeEngine _engine = new()
    {
        OnExecute = static (_, command, _) => new CommandOutcome(0, command[0] is "setpriv" ? Releases.Read("trixie-types.qmp") : "", ""),
    };

    public SideSurveyTests() => _world.Kernel.Files[(SwapWorld.TargetPid, Releases.Emulator)] = new FileFacts(5, 1, 0, 0, 0x8000) { Length = 7 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task However_many_vms_there_are_and_however_often_a_plan_is_made()
    {
        var survey = new SideSurvey(_engine, _world.Kernel);
        var plan = Plan(Releases.Vm(Card, Cpu));
        var both = plan.Inventory with { VirtualMachines = [plan.Inventory.VirtualMachines[0], Plan(Releases.Vm(Card, Cpu)).Inventory.VirtualMachines[0]] };

        var answers = await survey.RunAsync(both, plan.Target, _libvirt, Token);
        (await survey.RunAsync(both, plan.Target, _libvirt, Token)).Cpus.ShouldBe(answers.Cpus);

        _libvirt.Asked.ShouldBe([Releases.Kind]);
        _engine.Executed.Select(static command => command[0]).ShouldBe(["setpriv", "virsh"]);
        answers.Cpus.Single().Value.Fits.ShouldBeTrue();
        answers.Emulators[Releases.Emulator].Types.ShouldContain("e1000");
        answers.Files[Releases.Emulator].ShouldBe(7UL);
        answers.Lacks(Releases.Emulator).ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_new_is_asked_for_and_a_generation_that_was_started_anew_is_asked_again()
    {
        var survey = new SideSurvey(_engine, _world.Kernel);
        var plan = Plan(Releases.Vm(""));
        await survey.RunAsync(plan.Inventory, plan.Target, _libvirt, Token);
        _engine.Executed.ShouldBeEmpty("no CPU is named, and no device that QEMU would have to be asked for");

        await survey.RunAsync(Plan(Releases.Vm("", Cpu)).Inventory, plan.Target, _libvirt, Token);
        _engine.Executed.ShouldHaveSingleItem()[0].ShouldBe("virsh");
        _world.Kernel.Files[(300, Releases.Emulator)] = _world.Kernel.Files[(SwapWorld.TargetPid, Releases.Emulator)];
        await survey.RunAsync(plan.Inventory, plan.Target with { InitPid = 300 }, _libvirt, Token);
        _libvirt.Asked.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("pc-q35-99.0", true)]
    [InlineData("pc-q35-7.2", false)]
    public async Task What_libvirt_would_refuse_to_answer_is_not_asked(string machine, bool emulator)
    {
        if (!emulator)
            _world.Kernel.Files.Clear();
        var plan = Plan(Releases.Vm(Card, Cpu, machine: machine));

        var answers = await new SideSurvey(_engine, _world.Kernel).RunAsync(plan.Inventory, plan.Target, _libvirt, Token);

        _libvirt.Asked.ShouldBeEmpty();
        _engine.Executed.ShouldBeEmpty();
        answers.Lacks(Releases.Emulator).ShouldBe(!emulator);
    }

    private PlanContext Plan(string xml) => Releases.Plan(_world, Releases.Bookworm, Releases.Trixie, xml);
}
