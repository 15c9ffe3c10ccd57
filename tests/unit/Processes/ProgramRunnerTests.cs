using System.Diagnostics;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Processes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Processes;

/// <summary>Programs are run as they are written, and none outlives its deadline.</summary>
public sealed class ProgramRunnerTests
{
    private readonly ProgramRunner _programs = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Arguments_input_and_environment_arrive_as_they_are()
    {
        var lines = new List<string>();
        var outcome = await _programs.RunAsync(
            Shell("cat; printf '%s|' \"$@\" \"$WORD\"; echo; echo why >&2; exit 7", "a b", "$HOME", "; rm -rf /") with
            {
                Input = "first\nsecond\n",
                Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["WORD"] = "*" },
                OnLine = lines.Add,
            },
            Token);

        lines.ShouldBe(["first", "second", "a b|$HOME|; rm -rf /|*|"]);
        (outcome.ExitCode, outcome.Output, outcome.Error).ShouldBe((7, string.Join('\n', lines) + "\n", "why\n"));
        outcome.LastLine.ShouldBe("a b|$HOME|; rm -rf /|*|");
    }

    [Fact]
    public async Task One_that_does_not_end_in_time_is_asked_to_and_may_put_its_things_away()
    {
        var file = Path.GetTempFileName();
        var exception = await Should.ThrowAsync<DeadlineException>(() => _programs.RunAsync(
            Shell("trap 'echo tidied >\"$1\"; exit 1' TERM; echo at work; while :; do sleep 0.05; done", file) with { Limit = TimeSpan.FromMilliseconds(400) }, Token));

        exception.Message.ShouldContain("last seen: at work");
        (await File.ReadAllTextAsync(file, Token)).ShouldBe("tidied\n");
        File.Delete(file);
    }

    [Fact]
    public async Task A_child_that_keeps_the_streams_open_holds_nobody_up()
    {
        var began = Stopwatch.GetTimestamp();
        var outcome = await _programs.RunAsync(Shell("sleep 30 & echo $!"), Token);

        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(15));
        using var left = Process.GetProcessById(int.Parse(outcome.LastLine, System.Globalization.CultureInfo.InvariantCulture));
        left.Kill();
    }

    [Fact]
    public async Task One_that_is_not_there_is_told() =>
        (await Should.ThrowAsync<EnvironmentException>(() => _programs.RunAsync(new ProgramCall(["/nowhere/program"], TimeSpan.FromSeconds(5)), Token)))
            .Message.ShouldStartWith("/nowhere/program cannot be started");

    [Fact]
    public async Task What_is_cancelled_ends()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Should.ThrowAsync<OperationCanceledException>(() => _programs.RunAsync(Shell("sleep 30"), stop.Token));
    }

    private static ProgramCall Shell(string script, params string[] arguments) => new(["/bin/sh", "-c", script, "sh", .. arguments], TimeSpan.FromSeconds(20));
}
