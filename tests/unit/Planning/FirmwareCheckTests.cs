using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning.Checks;
using HostSwap.Orchestrator.Procfs;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

public sealed class FirmwareCheckTests : IDisposable
{
    private const string Code = "/usr/share/OVMF/OVMF_CODE_4M.secboot.strictnx.fd";
    private const string Template = "/usr/share/OVMF/OVMF_VARS_4M.new.fd";
    private const string Variables = "/var/lib/libvirt/qemu/nvram/vm_VARS.fd";

    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Firmware_that_the_image_lacks_is_named()
    {
        Has(SwapWorld.SourcePid, Code, 3653632);
        Problems(DomainState.Running).ShouldBe([$"its firmware {Code} does not exist in gen-2"]);

        Has(SwapWorld.TargetPid, Code, 3653632);
        Problems(DomainState.Running).ShouldBeEmpty("another file of the same length is what is expected");
    }

    [Fact]
    public void Of_a_vm_that_runs_it_must_be_as_long()
    {
        Has(SwapWorld.SourcePid, Code, 3653632);
        Has(SwapWorld.TargetPid, Code, 1966080);

        Problems(DomainState.Running).ShouldHaveSingleItem().ShouldContain("is 1966080 bytes long in gen-2 and 3653632 in gen-1");
        Problems(DomainState.ShutOff).ShouldBeEmpty();
    }

    [Fact]
    public void Variables_that_no_start_has_made_yet_need_their_template_alone()
    {
        foreach (var pid in new[] { SwapWorld.SourcePid, SwapWorld.TargetPid }) Has(pid, Code, 1);
        Has(SwapWorld.SourcePid, Template, 1);
        var nvram = $"<nvram template='{Template}'>{Variables}</nvram>";
        Problems(DomainState.ShutOff, nvram).ShouldHaveSingleItem().ShouldContain(Template);
        Storage(DomainState.ShutOff, nvram).ShouldBeEmpty();

        Has(SwapWorld.SourcePid, Variables, 1);
        Problems(DomainState.ShutOff, nvram).ShouldBeEmpty();
        Storage(DomainState.ShutOff, nvram).ShouldBe([$"{Variables} does not exist in gen-2"]);
    }

    private void Has(int pid, string path, ulong length) =>
        _world.Kernel.Files[(pid, path)] = new FileFacts(5, (ulong)pid, 0, 0, 0x8000) { Length = length };

    private List<string> Problems(DomainState state, string nvram = "") => [.. new FirmwareCheck().Check(Plan(state, nvram)).Select(static blocker => blocker.Problem)];

    private List<string> Storage(DomainState state, string nvram) => [.. new StorageCheck().Check(Plan(state, nvram)).Select(static blocker => blocker.Problem)];

    private Orchestrator.Planning.PlanContext Plan(DomainState state, string nvram)
    {
        var plan = Named(state, nvram);
        return plan with { Answers = plan.Answers with { Files = Files(SwapWorld.TargetPid) }, WayBack = plan.WayBack with { Files = Files(SwapWorld.SourcePid) } };
    }

    /// <summary>As the survey looks at what the VM names.</summary>
    private Dictionary<string, ulong?> Files(int pid) => new[] { Code, Template }.ToDictionary(static path => path, path => _world.Kernel.Look(pid, path)?.Length);

    private Orchestrator.Planning.PlanContext Named(DomainState state, string nvram) => Releases.Plan(
        _world,
        Releases.Trixie,
        Releases.Bookworm,
        Releases.Vm("", $"<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><loader readonly='yes' type='pflash' secure='yes'>{Code}</loader>{nvram}</os>"),
        state);
}
