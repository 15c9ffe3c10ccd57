using System.Runtime.InteropServices;
using HostSwap.Hostctl;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Swapping;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class SwapVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task Without_a_terminal_and_without_yes_nothing_is_opened_and_nobody_is_asked()
    {
        _hostctl.In = new StringReader("y\n");

        (await _hostctl.RunAsync("swap")).ShouldBe(ExitCode.Usage);

        _hostctl.Opened.ShouldBe(0);
        _hostctl.Error.ShouldContain("--yes");
        _hostctl.Out.ShouldBeEmpty();
        _hostctl.In.ReadLine().ShouldBe("y");
    }

    [Fact]
    public async Task Half_a_terminal_is_none()
    {
        _hostctl.Terminal = _hostctl.Terminal with { Input = true };

        (await _hostctl.RunAsync("swap")).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task With_yes_plain_lines_tell_of_the_swap()
    {
        (await _hostctl.RunAsync("swap", "--yes", "--image", "hostswap/host:trixie", "--force")).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls.ShouldBe(["swap hostswap/host:trixie True Stop"]);
        _hostctl.Out.ShouldContain("04:05:06 swap 7: from gen-1 to image hostswap/host:trixie" + "\n");
        _hostctl.Out.ShouldContain("04:05:06 step start-candidate: begun" + "\n");
        _hostctl.Out.ShouldContain("04:05:08 step start-candidate: done after 2.0 s: running" + "\n");
        _hostctl.Out.ShouldContain("04:05:09 vm db01: moving (copy): libvirt was told" + "\n");
        _hostctl.Out.ShouldContain("This swap can be made: 2 VMs, 2 at a time");
        _hostctl.Out.ShouldContain("Every VM was moved. (12.3 s)");
        _hostctl.Out.IndexOf("This swap can be made", StringComparison.Ordinal)
            .ShouldBeGreaterThan(_hostctl.Out.IndexOf("plan: 2 VMs", StringComparison.Ordinal));
        _hostctl.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("y\n", ExitCode.Done)]
    [InlineData(" YES \n", ExitCode.Done)]
    [InlineData("\n", ExitCode.Declined)]
    [InlineData("n\n", ExitCode.Declined)]
    [InlineData("yep\n", ExitCode.Declined)]
    [InlineData("", ExitCode.Declined)]
    internal async Task On_a_terminal_the_operator_is_asked_and_no_is_the_default(string typed, ExitCode expected)
    {
        using var hostctl = Harness.WithTerminal(typed);

        (await hostctl.RunAsync("swap")).ShouldBe(expected);

        hostctl.Out.ShouldContain("Move 2 VMs now? [y/N]");
        hostctl.Out.ShouldContain("db01");
    }

    [Fact]
    public async Task A_dry_run_only_plans()
    {
        (await _hostctl.RunAsync("swap", "--dry-run", "--image", "x:1", "--format", "json")).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls.ShouldBe(["plan x:1"]);
        _hostctl.Json.GetProperty("schema").GetString().ShouldBe("hostswap/plan/1");
    }

    [Fact]
    public async Task As_json_each_line_is_a_document_and_the_first_names_the_schema()
    {
        (await _hostctl.RunAsync("swap", "--yes", "--format", "json")).ShouldBe(ExitCode.Done);

        var lines = _hostctl.JsonLines;
        _hostctl.Out.ShouldStartWith("{\"schema\":\"hostswap/events/1\"}\n");
        lines.Skip(1).Select(line => line.GetProperty("event").GetString()).ShouldBe(
        [
            "swapStarted", "stepStarted", "stepFinished", "planMade", "stepStarted", "moveChanged", "moveProgress",
            "moveChanged", "moveChanged", "moveChanged", "stepFinished", "swapFinished",
        ]);
        var progress = lines.Single(line => line.TryGetProperty("remainingBytes", out _));
        progress.EnumerateObject().Select(member => member.Name).ShouldBe(
        [
            "event", "uuid", "name", "processedBytes", "totalBytes", "remainingBytes", "ratePerSecondBytes",
            "dirtyPerSecondBytes", "iteration", "elapsedMs", "at",
        ], ignoreOrder: true);
        var end = lines[^1];
        end.GetProperty("exitCode").GetInt32().ShouldBe(0);
        end.GetProperty("result").GetString().ShouldBe("done");
        end.GetProperty("moves")[0].GetProperty("downtimeMs").GetDouble().ShouldBe(51);
        end.GetProperty("moves")[1].TryGetProperty("downtimeMs", out _).ShouldBeFalse();
        _hostctl.Error.ShouldContain("Every VM was moved.");
    }

    [Fact]
    public async Task As_json_the_question_goes_to_stderr()
    {
        using var hostctl = Harness.WithTerminal("n\n");
        hostctl.Terminal = hostctl.Terminal with { Output = false };

        (await hostctl.RunAsync("swap", "--format", "json", "--no-color")).ShouldBe(ExitCode.Declined);

        hostctl.Error.ShouldContain("[y/N]");
        hostctl.JsonLines[^1].GetProperty("result").GetString().ShouldBe("declined");
    }

    [Fact]
    public async Task A_swap_that_cannot_begin_ends_the_json_with_a_line_too()
    {
        _hostctl.Host.Failure = new LockedException("locked by pid 42", "Wait for it.");

        (await _hostctl.RunAsync("swap", "--yes", "--format", "json")).ShouldBe(ExitCode.Locked);

        var end = _hostctl.JsonLines[^1];
        end.GetProperty("event").GetString().ShouldBe("failed");
        end.GetProperty("code").GetString().ShouldBe("locked");
        end.GetProperty("exitCode").GetInt32().ShouldBe((int)ExitCode.Locked);
        _hostctl.Error.ShouldContain("Wait for it.");
    }

    [Theory]
    [InlineData(OperationResult.FailedOnOldSide, ExitCode.FailedOldSide, "Every VM is in gen-1")]
    [InlineData(OperationResult.FailedOnBothSides, ExitCode.FailedBothSides, "VMs are in both generations (1 arrived, 1 not moved, 0 lost)")]
    [InlineData(OperationResult.NeedsPerson, ExitCode.NeedsPerson, "A person is needed")]
    [InlineData(OperationResult.Interrupted, ExitCode.Interrupted, "'hostctl resume' goes on")]
    [InlineData(OperationResult.Refused, ExitCode.RefusedByPlan, "free 512 MiB")]
    internal async Task A_failure_says_on_stderr_what_is_where_and_what_to_type(OperationResult result, ExitCode code, string said)
    {
        var plan = result == OperationResult.Refused ? Samples.Plan(Samples.Blocker()) : Samples.Plan();
        var sample = Samples.Result(result);
        _hostctl.Host.Result = sample with
        {
            Active = 1,
            Plan = plan,
            Summary = "It failed.",
            Problems = ["libvirt gen-2: migrate: no"],
            Moves = [sample.Moves[0], sample.Moves[1] with { State = MoveState.Returned, Reason = "aborted" }],
        };

        (await _hostctl.RunAsync("swap", "--yes")).ShouldBe(code);

        _hostctl.Error.ShouldContain(said);
        _hostctl.Error.ShouldContain("libvirt gen-2: migrate: no");
        _hostctl.Error.ShouldContain("hostctl ");
        _hostctl.Out.ShouldContain("returned");
    }

    [Fact]
    public async Task The_first_signal_interrupts_and_further_ones_never_kill()
    {
        var answers = new List<bool>();
        _hostctl.Host.DuringSwap = async token =>
        {
            answers.Add(_hostctl.Signals.Raise(PosixSignal.SIGINT));
            await Task.Delay(Timeout.Infinite, token).ContinueWith(_ => { }, TaskScheduler.Default);
            answers.Add(_hostctl.Signals.Raise(PosixSignal.SIGTERM));
            answers.Add(_hostctl.Signals.Raise(PosixSignal.SIGHUP));
        };

        (await _hostctl.RunAsync("swap", "--yes")).ShouldBe(ExitCode.Interrupted);

        answers.ShouldBe([true, true, true]);
        _hostctl.Error.ShouldContain("SIGINT: interrupting in an orderly way");
        _hostctl.Error.ShouldContain("SIGTERM: still waiting");
        _hostctl.Error.ShouldContain("SIGHUP: still waiting");
    }

    [Fact]
    public async Task As_json_a_signal_is_a_note()
    {
        _hostctl.Host.DuringSwap = _ =>
        {
            _hostctl.Signals.Raise(PosixSignal.SIGTERM);
            return Task.CompletedTask;
        };

        (await _hostctl.RunAsync("swap", "--yes", "--format", "json")).ShouldBe(ExitCode.Interrupted);

        _hostctl.JsonLines.Count(line => string.Equals(Event(line), "note", StringComparison.Ordinal)).ShouldBe(1);
        Event(_hostctl.JsonLines[^1]).ShouldBe("swapFinished");
        _hostctl.Error.ShouldContain("SIGTERM");
    }

    [Fact]
    public async Task A_signal_ends_the_question()
    {
        using var hostctl = Harness.WithTerminal();
        using var never = new SilentReader(() => hostctl.Signals.Raise(PosixSignal.SIGINT));
        hostctl.In = never;

        (await hostctl.RunAsync("swap")).ShouldBe(ExitCode.Interrupted);
    }

    [Fact]
    public async Task The_live_view_leaves_the_summary_behind()
    {
        using var hostctl = Harness.WithTerminal();
        hostctl.Host.Events = Samples.Events(Samples.HostileName);
        hostctl.Host.Result = Samples.Result(name: Samples.HostileName);

        (await hostctl.RunAsync("swap", "--yes", "--no-color")).ShouldBe(ExitCode.Done);

        hostctl.Out.ShouldContain("[red]x[/]\\e[2J\\nevil\\u{202E}gnp");
        hostctl.Out.ShouldContain("Every VM was moved.");
        hostctl.Out.ShouldNotContain("\u202E");
        hostctl.Out.ShouldNotContain("\u001b[2J\n");
    }

    [Fact]
    public async Task A_dumb_terminal_gets_plain_lines()
    {
        using var hostctl = Harness.WithTerminal();
        hostctl.Environment["TERM"] = "dumb";

        await hostctl.RunAsync("swap", "--yes");

        hostctl.Out.ShouldContain("vm db01: arrived (copy)");
        hostctl.Out.ShouldNotContain("\u001b");
    }

    private static string? Event(System.Text.Json.JsonElement line) =>
        line.TryGetProperty("event", out var name) ? name.GetString() : null;

    /// <summary>Somebody who presses Ctrl-C instead of answering.</summary>
    private sealed class SilentReader(Action press) : TextReader
    {
        private readonly ManualResetEventSlim _end = new();

        public override string? ReadLine()
        {
            press();
            _end.Wait(TimeSpan.FromSeconds(30), CancellationToken.None);
            return "y";
        }

        protected override void Dispose(bool disposing)
        {
            _end.Set();
            base.Dispose(disposing);
        }
    }
}
