using HostSwap.Hostctl;
using HostSwap.Hostctl.Systemd;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class RefreshVerbTests : IDisposable
{
    private static readonly UpdateReport Newer = new(
        Samples.At, "hostswap/host:trixie", "sha256:new", "sha256:new", [new PendingUpdate("libvirt0", "1.0", "1.1", "Debian-Security:13/stable-security", Security: true)], RecipeChanged: false);

    private readonly Harness _hostctl = new();

    public RefreshVerbTests() => Directory.CreateDirectory(Path.Join(Path.GetFullPath(Path.Join(_hostctl.LogDirectory, "../../../..")), "run/hostswap"));

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task Nothing_to_do_is_told_and_no_failure()
    {
        (await _hostctl.RunAsync("refresh", "--yes")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldContain("Refresh 1 is done, with nothing to do: hostswap/host:trixie is up to date, and active");
        _hostctl.Out.ShouldContain("changed: false");
    }

    [Fact]
    public async Task Check_shows_what_is_newer_and_touches_nothing()
    {
        _hostctl.Host.Updates = Newer;

        (await _hostctl.RunAsync("refresh", "--check")).ShouldBe(ExitCode.Done);
        _hostctl.Out.ShouldContain("libvirt0");
        _hostctl.Out.ShouldContain("1 package(s) are newer, 1 of them for security");
        (await _hostctl.RunAsync("refresh", "--check", "--format", "json")).ShouldBe(ExitCode.Done);
        _hostctl.Host.Calls.ShouldBe(["check updates", "check updates"]);
    }

    [Fact]
    public async Task The_document_tells_stage_by_stage()
    {
        _hostctl.Host.Updates = Newer;

        (await _hostctl.RunAsync("refresh", "--build-only", "--format", "json")).ShouldBe(ExitCode.Done);

        var document = _hostctl.Json;
        document.GetProperty("schema").GetString().ShouldBe("hostswap/refresh/1");
        document.GetProperty("changed").GetBoolean().ShouldBeTrue();
        var refresh = document.GetProperty("refresh");
        refresh.GetProperty("outcome").GetString().ShouldBe("ended");
        refresh.GetProperty("stages").EnumerateArray().Select(static stage => stage.GetProperty("stage").GetString()).ShouldBe(["check", "build"]);
        refresh.GetProperty("updates").GetProperty("packages")[0].GetProperty("security").GetBoolean().ShouldBeTrue();
        _hostctl.Error.ShouldContain("  building");
    }

    [Fact]
    public async Task Without_a_terminal_somebody_must_agree_beforehand()
    {
        (await _hostctl.RunAsync("refresh")).ShouldBe(ExitCode.Usage);
        _hostctl.Host.Calls.ShouldBeEmpty();

        using var asked = Harness.WithTerminal("n\n");
        (await asked.RunAsync("refresh")).ShouldBe(ExitCode.Declined);
        asked.Host.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_not_due_is_no_failure()
    {
        (await _hostctl.RunAsync("refresh", "--scheduled")).ShouldBe(ExitCode.Done);
        (await _hostctl.RunAsync("refresh", "--scheduled")).ShouldBe(ExitCode.Done);

        // The first has looked for updates, for which the second has no reason so soon.
        _hostctl.Out.ShouldContain("Nothing is begun: refreshes are begun by hand (strategy = \"manual\"). changed: false");
        _hostctl.Host.Calls.ShouldBe(["check updates"]);
    }

    [Theory]
    [InlineData(OperationResult.Done, (int)ExitCode.Done)]
    [InlineData(OperationResult.Refused, (int)ExitCode.RefusedByPlan)]
    [InlineData(OperationResult.FailedOnOldSide, (int)ExitCode.FailedOldSide)]
    [InlineData(OperationResult.FailedOnBothSides, (int)ExitCode.FailedBothSides)]
    [InlineData(OperationResult.NeedsPerson, (int)ExitCode.NeedsPerson)]
    public async Task The_exit_code_says_how_it_ended(OperationResult result, int code)
    {
        _hostctl.Host.Updates = Newer;
        _hostctl.Host.Result = Samples.Result(result);
        _hostctl.Host.Checks.Clear();

        (await _hostctl.RunAsync("refresh", "--yes")).ShouldBe((ExitCode)code);

        var messages = _hostctl.Journal.Messages;
        messages.Select(static message => message["MESSAGE_ID"]).ShouldContain(result switch
        {
            OperationResult.Done => MessageIds.RefreshDone,
            _ => MessageIds.RefreshFailed,
        });
        messages[^1]["HOSTSWAP_OPERATION"].ShouldBe("7");
        messages[0]["MESSAGE_ID"].ShouldBe(MessageIds.MoverBegun);
        // The page is there, whatever came of it.
        _hostctl.Out.ShouldContain("reports/7.html");
    }

    [Fact]
    public async Task A_hold_has_an_exit_code_of_its_own()
    {
        _hostctl.Host.Updates = Newer;
        _hostctl.Host.PlaceHold("launch", "ada", null);

        (await _hostctl.RunAsync("refresh", "--yes")).ShouldBe(ExitCode.Held);
        _hostctl.Out.ShouldContain("ada holds swaps: launch");
    }

    [Fact]
    public async Task Stages_cannot_be_mixed()
    {
        (await _hostctl.RunAsync("refresh", "--check", "--plan-only")).ShouldBe(ExitCode.Usage);
        _hostctl.Error.ShouldContain("only one of --check");
    }

    [Fact]
    public async Task Images_are_built_shown_and_pinned()
    {
        _hostctl.Host.Images.Add(new HostImage(new StoredImage("sha256:0123456789abcdef", ["hostswap/host:trixie"], Samples.At, 1 << 20, new Dictionary<string, string>(StringComparer.Ordinal)), []));
        _hostctl.Host.Updates = Newer;

        (await _hostctl.RunAsync("image", "build")).ShouldBe(ExitCode.Done);
        (await _hostctl.RunAsync("image", "pin", "hostswap/host:trixie")).ShouldBe(ExitCode.Done);
        (await _hostctl.RunAsync("image", "pin", "hostswap/host:trixie", "--remove")).ShouldBe(ExitCode.Done);
        (await _hostctl.RunAsync("image", "show", "hostswap/host:trixie")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldContain("hostswap/host:trixie is built");
        _hostctl.Out.ShouldContain("is kept.");
        _hostctl.Out.ShouldContain("is not kept any more.");
        _hostctl.Out.ShouldContain("Nothing needs it.");
        _hostctl.Out.ShouldContain("11.3.0-2");
        _hostctl.Host.Calls.ShouldBe(["check updates", "build image", "pin image hostswap/host:trixie True", "pin image hostswap/host:trixie False", "show image hostswap/host:trixie"]);
    }
}
