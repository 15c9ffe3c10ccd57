using HostSwap.Hostctl;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Preparing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class PrepareVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Theory]
    [InlineData("vm", "prepare")]
    [InlineData("vm", "prepare", "db01", "--all")]
    [InlineData("vm", "prepare", "db01", "web01")]
    [InlineData("vm", "unprepare", "--dry-run")]
    [InlineData("memory")]
    public async Task A_VM_or_all_of_them_is_needed(params string[] arguments)
    {
        (await _hostctl.RunAsync(arguments)).ShouldBe(ExitCode.Usage);

        _hostctl.Opened.ShouldBe(0);
    }

    [Theory]
    [InlineData("prepare", false)]
    [InlineData("unprepare", true)]
    public async Task The_VM_is_found_by_its_name(string verb, bool undo)
    {
        (await _hostctl.RunAsync("vm", verb, "db01", "--dry-run")).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls[^1].ShouldBe($"prepare {new PrepareRequest(undo, Samples.Db, DryRun: true)}");
    }

    [Fact]
    public async Task All_of_them_need_no_name()
    {
        (await _hostctl.RunAsync("vm", "prepare", "--all")).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls.ShouldBe([$"prepare {new PrepareRequest(Undo: false, Vm: null, DryRun: false)}"]);
        _hostctl.Out.ShouldContain("There are no VMs.");
    }

    [Fact]
    public async Task The_change_is_shown_and_hostile_text_does_no_harm()
    {
        Report(new PreparedVm(Samples.Db, Samples.HostileName, Running: true, PrepareOutcome.Changed, [], "@@ -1,1 +1,1 @@\n-<a/>\n+<b>\u001b[2J</b>\n"));

        (await _hostctl.RunAsync("vm", "prepare", "--all")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldContain("changed; it runs, and is ready after it has been shut down and started\n@@ -1,1 +1,1 @@\n-<a/>\n+<b>\\e[2J</b>\n");
        _hostctl.Out.ShouldContain("1 VM: 1 changed, 0 as they should be, 0 refused.\nRecorded as operation 8.");
        _hostctl.Out.ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task Nothing_to_change_is_no_failure()
    {
        Report(new PreparedVm(Samples.Db, "db01", Running: false, PrepareOutcome.Unchanged, [], ""));

        (await _hostctl.RunAsync("vm", "prepare", "db01")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldContain("db01: nothing to change");
    }

    [Fact]
    public async Task A_refusal_has_its_exit_code_and_says_what_to_do()
    {
        Report(new PreparedVm(Samples.Db, "db01", Running: false, PrepareOutcome.Refused, [new Refusal("discard", "it is thrown away", "Keep it.")], ""));

        (await _hostctl.RunAsync("vm", "prepare", "--all")).ShouldBe(ExitCode.RefusedByPlan);

        _hostctl.Out.ShouldContain("it is thrown away. Keep it.");
    }

    [Fact]
    public async Task As_json_it_has_the_documented_shape()
    {
        Report(
            new PreparedVm(Samples.Db, "db01", Running: true, PrepareOutcome.Changed, [], "+x\n"),
            new PreparedVm(Samples.Web, "web01", Running: false, PrepareOutcome.Refused, [new Refusal("discard", "p", "f")], ""));

        (await _hostctl.RunAsync("vm", "prepare", "--all", "--format", "json")).ShouldBe(ExitCode.RefusedByPlan);

        var json = _hostctl.Json;
        json.EnumerateObject().Select(member => member.Name).ShouldBe(["schema", "dryRun", "operation", "vms"]);
        json.GetProperty("schema").GetString().ShouldBe("hostswap/vm-prepare/1");
        json.GetProperty("vms")[0].EnumerateObject().Select(member => member.Name).ShouldBe(["name", "uuid", "running", "outcome", "diff"]);
        json.GetProperty("vms")[1].GetProperty("refusals")[0].GetProperty("code").GetString().ShouldBe("discard");
    }

    [Fact]
    public async Task Vm_list_tells_who_can_be_handed_over()
    {
        _hostctl.Host.Status = Samples.Status(Samples.Vm("a", Samples.Db), Samples.Vm("b", Samples.Web), Samples.Vm("c", Guid.NewGuid(), DomainState.ShutOff));
        _hostctl.Host.Handover[new VmPlace(1, Samples.Db)] = new HandoverReadiness(HandoverStage.Ready, "r", new RamFiles(3, "a", [new RamBlock("pc.ram", 5)]));
        _hostctl.Host.Handover[new VmPlace(1, Samples.Web)] = new HandoverReadiness(HandoverStage.Impossible, "it has huge pages", null);

        (await _hostctl.RunAsync("vm", "list")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldContain("Handover");
        _hostctl.Out.ShouldContain("impossible");
        _hostctl.Out.ShouldContain("b: it has huge pages");
        _hostctl.Out.ShouldContain(" ? ");
    }

    [Fact]
    public async Task Vm_list_as_json_tells_the_files_of_the_RAM()
    {
        _hostctl.Host.Handover[new VmPlace(1, Samples.Db)] = new HandoverReadiness(HandoverStage.Ready, "r", new RamFiles(3, "db01", [new RamBlock("pc.ram", 5)]));

        await _hostctl.RunAsync("vm", "list", "--format", "json");

        var vms = _hostctl.Json.GetProperty("vms");
        var handover = vms[0].GetProperty("handover");
        handover.EnumerateObject().Select(member => member.Name).ShouldBe(["ready", "stage", "reason", "ramFiles"]);
        handover.GetProperty("ramFiles")[0].GetProperty("path").GetString().ShouldBe("libvirt/qemu/3-db01/pc.ram");
        vms[1].TryGetProperty("handover", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task The_memory_mount_is_told()
    {
        (await _hostctl.RunAsync("memory", "mount")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldBe("mounted tmpfs\n");
    }

    private void Report(params IReadOnlyList<PreparedVm> vms) => _hostctl.Host.Prepared = _hostctl.Host.Prepared with { Vms = vms };
}
