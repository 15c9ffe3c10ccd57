using System.Runtime.InteropServices;
using HostSwap.Hostctl;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class OtherVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task Init_lists_what_it_created()
    {
        (await _hostctl.RunAsync("init")).ShouldBe(ExitCode.Done);
        _hostctl.Out.ShouldContain("/var/lib/hostswap");

        _hostctl.Host.Created = [];
        (await _hostctl.RunAsync("init")).ShouldBe(ExitCode.Done);
        _hostctl.Out.ShouldContain("Everything was there already.");
    }

    [Fact]
    public async Task Init_does_not_complain_that_there_is_no_log_directory_yet()
    {
        (await _hostctl.RunAsItIsAsync("init")).ShouldBe(0);

        _hostctl.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Start_says_what_it_brought_up()
    {
        (await _hostctl.RunAsync("start", "--image", "hostswap/host:bookworm")).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls.ShouldBe(["start hostswap/host:bookworm"]);
        _hostctl.Out.ShouldContain("gen-1 is active and running");
    }

    [Fact]
    public async Task Start_that_cannot_has_its_exit_code()
    {
        _hostctl.Host.Failure = new EnvironmentException("Docker does not answer", "Start it.");

        (await _hostctl.RunAsync("start")).ShouldBe(ExitCode.Environment);

        _hostctl.Error.ShouldBe("hostctl: Docker does not answer\n  Start it.\n");
    }

    [Fact]
    public async Task Plan_shows_everything()
    {
        (await _hostctl.RunAsync("plan")).ShouldBe(ExitCode.Done);

        foreach (var text in (string[])["gen-1", "gen-2", "11.3.0", "db01", "copy", "define", "512 MiB", "network default",
            "storage pool images", "the running kernel", "one warning", "This swap can be made",
            "libc6", "2.41", "2 packages in all: 1 in another version, 1 added, 0 removed"])
        {
            _hostctl.Out.ShouldContain(text);
        }

        _hostctl.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0, "plan")]
    [InlineData(3600, "plan", "--wait-jobs")]
    [InlineData(90, "plan", "--rollback", "--wait-jobs=90s")]
    [InlineData(90, "swap", "--wait-jobs=1m30s", "--yes")]
    [InlineData(3600, "swap", "--wait-jobs", "--yes")]
    [InlineData(0, "swap", "--wait-jobs=0s", "--yes")]
    [InlineData(120, "rollback", "--wait-jobs", "2m", "--yes")]
    public async Task How_long_jobs_are_waited_for_is_the_command_lines_to_say(int seconds, params string[] arguments)
    {
        (await _hostctl.RunAsync(arguments)).ShouldBe(ExitCode.Done);

        _hostctl.Settings!.Migration.WaitJobs.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public async Task A_plan_with_blockers_is_refused_with_problem_and_fix()
    {
        _hostctl.Host.Plan = Samples.Plan(Samples.Blocker());

        (await _hostctl.RunAsync("plan")).ShouldBe(ExitCode.RefusedByPlan);

        _hostctl.Out.ShouldContain("[memory] db01: there is no room for a second copy of its RAM");
        _hostctl.Out.ShouldContain("Fix: free 512 MiB");
        _hostctl.Out.ShouldContain("refused: 1 blocker.");
    }

    [Fact]
    public async Task Plan_as_json_has_the_documented_shape()
    {
        _hostctl.Host.Plan = Samples.Plan(Samples.Blocker());

        (await _hostctl.RunAsync("plan", "--image", "a:b", "--format", "json")).ShouldBe(ExitCode.RefusedByPlan);

        _hostctl.Host.Calls.ShouldBe(["plan a:b"]);
        var json = _hostctl.Json;
        json.EnumerateObject().Select(member => member.Name).ShouldBe(["schema", "possible", "plan"]);
        json.GetProperty("possible").GetBoolean().ShouldBeFalse();
        var plan = json.GetProperty("plan");
        plan.EnumerateObject().Select(member => member.Name).ShouldBe(
        [
            "from", "fromImage", "candidate", "image", "imageId", "parallel", "memoryAvailableBytes", "versions", "moves",
            "networks", "storagePools", "blockers", "warnings", "notRefreshed", "packages", "kernel", "kernelModules", "networkFilters", "secrets", "ofTheImage",
        ]);
        plan.GetProperty("packages").EnumerateArray().Select(static package => string.Join(' ', package.EnumerateObject().Select(static member => $"{member.Name}={member.Value}"))).ShouldBe(
        [
            "name=libc6 from=2.36 to=2.41 sensitive=True",
            "name=zsh to=5.9 sensitive=False",
        ]);
        plan.GetProperty("kernelModules").EnumerateArray().Select(static module => string.Join(' ', module.EnumerateObject().Select(static member => $"{member.Name}={member.Value}"))).ShouldBe(
            ["name=kvm state=built in device=/dev/kvm from=True to=False"]);
        plan.GetProperty("moves")[0].EnumerateObject().Select(member => member.Name).ShouldBe(
            ["order", "uuid", "name", "state", "persistent", "autostart", "method", "reason", "memoryBytes", "canComeBack", "policy", "priority", "whenNotLive", "whyNotLive"]);
        plan.GetProperty("blockers")[0].GetProperty("fix").GetString().ShouldBe("free 512 MiB");
    }

    [Fact]
    public async Task A_quick_plan_says_from_when_it_is_and_what_only_a_full_one_tells()
    {
        _hostctl.Host.Plan = Samples.Plan() with { Candidate = null, Quick = new(Samples.At, ["whether it starts"]) };

        (await _hostctl.RunAsync("plan", "--quick", "--image", "a:b", "--format", "json")).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls.ShouldBe(["plan quick a:b"]);
        var plan = _hostctl.Json.GetProperty("plan");
        plan.GetProperty("recordedAt").GetDateTimeOffset().ShouldBe(Samples.At);
        plan.GetProperty("notAsked").EnumerateArray().Single().GetString().ShouldBe("whether it starts");
        plan.TryGetProperty("candidate", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_quick_plan_as_text_does_not_have_the_last_word()
    {
        _hostctl.Host.Plan = Samples.Plan() with { Candidate = null, Quick = new(Samples.At, ["whether it starts"]) };

        (await _hostctl.RunAsync("plan", "--quick")).ShouldBe(ExitCode.Done);

        foreach (var text in new[] { "No candidate was started", "2026-11-03 04:05 UTC", "whether it starts", "a full plan has the last word" }) _hostctl.Out.ShouldContain(text);
        _hostctl.Out.ShouldNotContain("This swap can be made");
    }

    [Fact]
    public async Task A_quick_plan_of_the_way_back_is_refused()
    {
        (await _hostctl.RunAsync("plan", "--quick", "--rollback")).ShouldBe(ExitCode.Usage);
        _hostctl.Host.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Plan_on_a_terminal_says_on_stderr_what_is_waited_for()
    {
        using var hostctl = Harness.WithTerminal();

        await hostctl.RunAsync("plan", "--format", "json");

        hostctl.Error.ShouldContain("step start-candidate: begun");
        hostctl.Json.GetProperty("schema").GetString().ShouldBe("hostswap/plan/1");
    }

    [Theory]
    [InlineData("db01")]
    [InlineData("11111111-1111-1111-1111-111111111111")]
    public async Task Console_goes_by_uuid_and_passes_the_exit_status_on(string vm)
    {
        using var hostctl = Harness.WithTerminal();
        hostctl.Children.ExitStatus = 17;

        ((int)await hostctl.RunAsync("console", vm)).ShouldBe(17);

        hostctl.Children.Commands.Single().ShouldBe(
            ["docker", "exec", "-it", "gen-1", "virsh", "console", "--", Samples.Db.ToString()]);
    }

    [Theory]
    [InlineData("db02", "Did you mean 'db01'?")]
    [InlineData("DB01", "Did you mean 'db01'?")]
    [InlineData("completely-else", "'hostctl vm list' lists them.")]
    [InlineData("33333333-3333-3333-3333-333333333333", "'hostctl vm list' lists them.")]
    public async Task Console_of_an_unknown_vm_suggests_near_names(string vm, string suggestion)
    {
        (await _hostctl.RunAsync("console", vm)).ShouldBe(ExitCode.Usage);

        _hostctl.Error.ShouldContain(suggestion);
        _hostctl.Children.Commands.ShouldBeEmpty();
    }

    [Fact]
    public async Task Console_of_an_ambiguous_vm_asks_for_the_uuid()
    {
        _hostctl.Host.Status = Samples.Status(
            Samples.Vm(Samples.Web.ToString(), Samples.Db), Samples.Vm("web01", Samples.Web));

        (await _hostctl.RunAsync("console", Samples.Web.ToString())).ShouldBe(ExitCode.Usage);

        _hostctl.Error.ShouldContain("means several VMs");
    }

    [Fact]
    public async Task Console_of_a_vm_in_another_generation_is_found_there()
    {
        _hostctl.Host.Status = Samples.Status(Samples.Vm("db01", Samples.Db, generation: 2)) with
        {
            Generations = [Samples.Generation(), Samples.Generation(2, GenerationRole.Candidate)],
        };

        (await _hostctl.RunAsync("console", "db01")).ShouldBe(ExitCode.Done);

        _hostctl.Children.Commands.Single()[3].ShouldBe("gen-2");
    }

    [Fact]
    public async Task Console_of_a_hostile_name_is_harmless()
    {
        (await _hostctl.RunAsync("console", Samples.HostileName)).ShouldBe(ExitCode.Usage);

        _hostctl.Error.ShouldContain("\\e[2J");
        _hostctl.Error.ShouldNotContain("\u001b");
    }

    [Theory]
    [InlineData("exec ls -la /tmp", "ls -la /tmp")]
    [InlineData("exec -- ls -la", "ls -la")]
    [InlineData("exec virsh list --help", "virsh list --help")]
    [InlineData("exec sh -c x --verbose --config y", "sh -c x --verbose --config y")]
    [InlineData("exec virsh console -- name", "virsh console -- name")]
    [InlineData("--verbose exec -- --odd", "--odd")]
    public async Task Exec_passes_the_command_on_as_it_is(string line, string expected)
    {
        (await _hostctl.RunAsync(line.Split(' '))).ShouldBe(ExitCode.Done);

        _hostctl.Children.Commands.Single().ShouldBe(["docker", "exec", "-i", "gen-1", .. expected.Split(' ')]);
    }

    [Fact]
    public async Task Shell_is_a_login_shell()
    {
        using var hostctl = Harness.WithTerminal();

        await hostctl.RunAsync("shell");

        hostctl.Children.Commands.Single().ShouldBe(["docker", "exec", "-it", "gen-1", "/bin/bash", "-l"]);
    }

    [Fact]
    public async Task A_reading_verb_ends_at_the_first_signal_and_dies_of_the_second()
    {
        using var guard = new InterruptGuard(_hostctl.Signals, InterruptMode.CancelThenDie, _ => { });

        _hostctl.Signals.Raise(PosixSignal.SIGINT).ShouldBeTrue();
        guard.Token.IsCancellationRequested.ShouldBeTrue();
        _hostctl.Signals.Raise(PosixSignal.SIGINT).ShouldBeFalse();

        _hostctl.Host.Failure = new OperationCanceledException();
        (await _hostctl.RunAsync("status")).ShouldBe(ExitCode.InternalError);
    }

    [Fact]
    public async Task A_real_child_gets_its_arguments_as_they_are_and_its_status_is_passed_on()
    {
        var runner = new ChildRunner();

        (await runner.RunAsync(["sh", "-c", "test \"$1\" = 'a b$c' && exit 42", "x", "a b$c"], _hostctl.Signals)).ShouldBe(42);
        (await runner.RunAsync(["sh", "-c", "kill -TERM $$"], _hostctl.Signals)).ShouldBe(128 + 15);
        await Should.ThrowAsync<EnvironmentException>(() => runner.RunAsync(["/no/such/program"], _hostctl.Signals));
    }

    [Fact]
    public async Task A_real_child_hears_of_a_signal_to_hostctl()
    {
        var status = new ChildRunner().RunAsync(["sleep", "60"], _hostctl.Signals);
        while (!status.IsCompleted)
        {
            _hostctl.Signals.Raise(PosixSignal.SIGINT).ShouldBeTrue();
            _hostctl.Signals.Raise(PosixSignal.SIGTERM);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        (await status).ShouldBe(128 + 15);
    }
}
