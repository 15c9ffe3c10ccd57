using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Planning.Checks;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

public sealed class CpuCheckTests : IDisposable
{
    private const string Lacks = "Host CPU does not provide required features: x2apic, rdseed";

    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("<cpu mode='custom'><model>SierraForest</model></cpu>", "cpu-model", "CPU model SierraForest is not known in gen-2")]
    [InlineData("<cpu mode='host-passthrough'/>", "cpu-model", "CPU mode host-passthrough is not supported in gen-2")]
    public void A_model_or_mode_that_the_other_side_lacks_is_named_once(string cpu, string code, string problem)
    {
        var plan = Plan(cpu, there: new CpuAnswer([], "never asked"));

        var blocker = new CpuCheck().Check(plan).ShouldHaveSingleItem();

        (blocker.Code, blocker.Problem).ShouldBe((code, problem));
    }

    [Fact]
    public void Features_that_are_missing_are_named_all_at_once()
    {
        var plan = Plan("<cpu mode='custom' check='full'><model>Nehalem</model><feature policy='require' name='x2apic'/></cpu>", there: new CpuAnswer(["fred", "lam"], Lacks));

        var blocker = new CpuCheck().Check(plan).ShouldHaveSingleItem();

        blocker.Code.ShouldBe("cpu-features");
        blocker.Problem.ShouldBe($"its CPU Nehalem cannot be had in gen-2: it does not know the features fred, lam; {Lacks}");
        new CpuCheck().Check(plan.Reversed()).ShouldBeEmpty("the side that it comes from has them");
    }

    [Fact]
    public void Where_libvirt_does_not_check_it_forbids_nothing_and_a_difference_is_told()
    {
        const string Cpu = "<cpu mode='custom' check='none'><model>Nehalem</model></cpu>";
        new CpuCheck().Check(Plan(Cpu, there: new CpuAnswer([], Lacks))).ShouldBeEmpty();

        CpuCheck.Warnings(Plan(Cpu, there: new CpuAnswer([], Lacks))).ShouldHaveSingleItem().ShouldContain($"gen-1: every feature of it; gen-2: {Lacks}");
        CpuCheck.Warnings(Plan(Cpu, here: new CpuAnswer([], Lacks), there: new CpuAnswer([], Lacks))).ShouldBeEmpty("both leave out the same");
        // QEMU does not start with a name that it does not know, whether anybody checks or not.
        new CpuCheck().Check(Plan(Cpu, there: new CpuAnswer(["fred"], Refusal: null))).ShouldHaveSingleItem().Problem.ShouldContain("fred");
    }

    [Fact]
    public void The_hosts_own_cpu_is_compared_with_nothing_and_that_is_told_where_qemu_is_another()
    {
        const string Cpu = "<cpu mode='maximum'/>";
        CpuCheck.Warnings(Plan(Cpu)).ShouldHaveSingleItem().ShouldContain("QEMU 10.0.13 may show the guest other features than QEMU 7.2.22");
        CpuCheck.Warnings(Plan(Cpu, to: Releases.Bookworm)).ShouldBeEmpty();
    }

    [Fact]
    public void The_size_of_the_vm_is_no_part_of_its_cpu()
    {
        static string? Xml(string cpu) => DomainXmlReader.Read(Releases.Vm("", cpu)).Cpu.Xml;
        Xml("<cpu mode='custom' check='partial'><model>Nehalem</model><topology sockets='1' cores='4' threads='1'/><numa/></cpu>")
            .ShouldBe(Xml("<cpu mode='custom' check='partial'><model>Nehalem</model></cpu>"));
        Xml("<cpu><topology sockets='1'/></cpu>").ShouldBeNull("QEMU's default model is in every QEMU");
    }

    private PlanContext Plan(string cpu, CpuAnswer? here = null, CpuAnswer? there = null, string to = Releases.Trixie)
    {
        var from = cpu.Contains("SierraForest", StringComparison.Ordinal) ? Releases.Trixie : Releases.Bookworm;
        to = from is Releases.Trixie ? Releases.Bookworm : to;
        var plan = Releases.Plan(_world, from, to, Releases.Vm("", cpu));
        var query = CpuQuery.Of(plan.Inventory.VirtualMachines[0].Definition!)!;
        return plan with
        {
            Answers = plan.Answers with { Cpus = new Dictionary<CpuQuery, CpuAnswer> { [query] = there ?? new CpuAnswer([], null) } },
            WayBack = plan.WayBack with { Cpus = new Dictionary<CpuQuery, CpuAnswer> { [query] = here ?? new CpuAnswer([], null) } },
        };
    }
}
