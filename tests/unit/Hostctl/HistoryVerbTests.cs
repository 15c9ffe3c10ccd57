using HostSwap.Hostctl;
using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class HistoryVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task History_shows_operations_and_takes_a_limit()
    {
        (await _hostctl.RunAsync("history", "--limit", "5")).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls.ShouldBe(["history 5"]);
        _hostctl.Out.ShouldContain("swap");
        _hostctl.Out.ShouldContain("2026-11-03 04:05:06");
        _hostctl.Out.ShouldContain("12.5 s");
    }

    [Fact]
    public async Task History_as_json_has_the_documented_shape()
    {
        _hostctl.Host.Operations.Add(Samples.Operation(6, OperationResult.FailedOnOldSide) with { FinishedAt = null, DetailJson = "broken" });

        (await _hostctl.RunAsync("history", "--format", "json")).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls.ShouldBe(["history 20"]);
        _hostctl.Json.GetProperty("schema").GetString().ShouldBe("hostswap/history/1");
        var operations = _hostctl.Json.GetProperty("operations");
        operations[0].EnumerateObject().Select(member => member.Name).ShouldBe(
            ["id", "kind", "result", "summary", "startedAt", "finishedAt", "elapsedMs", "detail"]);
        operations[0].GetProperty("elapsedMs").GetDouble().ShouldBe(12500);
        operations[0].GetProperty("detail").GetProperty("image").GetString().ShouldBe("hostswap/host:trixie");
        operations[1].GetProperty("result").GetString().ShouldBe("failed-on-old-side");
        operations[1].TryGetProperty("finishedAt", out _).ShouldBeFalse();
        operations[1].TryGetProperty("detail", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task History_without_operations_says_so()
    {
        _hostctl.Host.Operations.Clear();

        (await _hostctl.RunAsync("history")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldContain("No operation is recorded.");
    }

    [Fact]
    public async Task Show_shows_steps_and_moves()
    {
        (await _hostctl.RunAsync("show", "7")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldContain("Swap 7: done");
        _hostctl.Out.ShouldContain("StartCandidate");
        _hostctl.Out.ShouldContain("unknown");
        _hostctl.Out.ShouldContain("515 MiB");
        _hostctl.Out.ShouldContain("51 ms");
    }

    [Fact]
    public async Task Show_as_json_has_the_documented_shape()
    {
        (await _hostctl.RunAsync("show", "7", "--format", "json")).ShouldBe(ExitCode.Done);

        var json = _hostctl.Json;
        json.EnumerateObject().Select(member => member.Name).ShouldBe(["schema", "operation", "entries", "moves"]);
        json.GetProperty("schema").GetString().ShouldBe("hostswap/show/1");
        json.GetProperty("entries")[0].GetProperty("elapsedMs").GetDouble().ShouldBe(2000);
        json.GetProperty("entries")[1].GetProperty("result").GetString().ShouldBe("unknown");
        json.GetProperty("moves")[0].EnumerateObject().Select(member => member.Name).ShouldBe(
            ["uuid", "name", "method", "state", "reason", "transferredBytes", "downtimeMs", "elapsedMs"]);
        json.GetProperty("moves")[0].GetProperty("state").GetString().ShouldBe("verified");
    }

    [Fact]
    public async Task Show_of_an_unknown_operation_is_wrong_usage()
    {
        (await _hostctl.RunAsync("show", "8")).ShouldBe(ExitCode.Usage);

        _hostctl.Out.ShouldBeEmpty();
        _hostctl.Error.ShouldContain("there is no operation 8");
        _hostctl.Error.ShouldContain("hostctl history");
    }
}
