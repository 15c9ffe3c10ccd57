using HostSwap.Hostctl;
using HostSwap.Orchestrator.Comparing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class DiffVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Theory]
    [InlineData("diff", "diff  ")]
    [InlineData("diff 1", "diff 1 ")]
    [InlineData("diff gen-1 3", "diff 1 3")]
    public async Task The_generations_may_be_left_out_or_named(string line, string call)
    {
        (await _hostctl.RunAsync(line.Split(' '))).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls.ShouldBe([call]);
        _hostctl.Out.ShouldContain("gen-1 (old) when its VMs left it");
        _hostctl.Out.ShouldContain("They hold the same.");
    }

    [Theory]
    [InlineData("diff 0")]
    [InlineData("diff x")]
    [InlineData("diff -1")]
    [InlineData("diff gen-")]
    [InlineData("diff 1 2 3")]
    public async Task What_is_no_generation_is_refused_before_anything_is_opened(string line)
    {
        (await _hostctl.RunAsync(line.Split(' '))).ShouldBe(ExitCode.Usage);

        _hostctl.Host.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Differences_have_an_exit_code_of_their_own_and_hostile_names_are_harmless()
    {
        Differ();

        (await _hostctl.RunAsync("diff")).ShouldBe(ExitCode.ChecksFailed);

        _hostctl.Out.ShouldContain("~ network a\\e[31m: its definition");
        _hostctl.Out.ShouldContain("+<b/>");
        _hostctl.Out.ShouldNotContain("\u001b");
        _hostctl.Out.ShouldContain("1 difference.");
    }

    [Fact]
    public async Task As_json_it_has_the_documented_shape()
    {
        Differ();

        (await _hostctl.RunAsync("diff", "--format", "json")).ShouldBe(ExitCode.ChecksFailed);

        var json = _hostctl.Json;
        json.GetProperty("schema").GetString().ShouldBe("hostswap/diff/1");
        json.GetProperty("same").GetBoolean().ShouldBeFalse();
        json.GetProperty("from").GetProperty("recorded").GetBoolean().ShouldBeTrue();
        json.GetProperty("to").GetProperty("number").GetInt32().ShouldBe(2);
        json.GetProperty("differences")[0].EnumerateObject().Select(static member => member.Name).ShouldBe(["kind", "subject", "what", "diff"]);
        json.GetProperty("differences")[0].GetProperty("kind").GetString().ShouldBe("changed");
    }

    private void Differ() => _hostctl.Host.Comparison = _hostctl.Host.Comparison with
    {
        Differences = [new HostDifference(DifferenceKind.Changed, "network a\u001b[31m", "its definition", "-<a/>\n+<b/>\n")],
    };
}
