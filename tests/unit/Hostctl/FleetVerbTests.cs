using HostSwap.Hostctl;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Fleet;
using HostSwap.UnitTests.Support;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class FleetVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task Status_says_who_is_being_swapped()
    {
        _hostctl.Host.Fleet = new FleetStatus(FleetService.Etcd, "rack", 2, "me", [new("me", "here", Samples.At), new("other\u001b", "there", Since: null)]);

        (await _hostctl.RunAsync("fleet", "status")).ShouldBe(ExitCode.Done);

        foreach (var text in new[] { "Group rack, at most 2 servers at once; this server is me.", "me (this server)", "other\\e", "there" }) _hostctl.Out.ShouldContain(text);
    }

    [Fact]
    public async Task Status_as_json_has_the_documented_shape()
    {
        _hostctl.Host.Fleet = new FleetStatus(FleetService.FleetLock, "rack", Limit: null, "me", Holders: null);
        await _hostctl.RunAsync("fleet", "status", "--format", "json");
        _hostctl.Json.EnumerateObject().Select(static member => member.Name).ShouldBe(["schema", "service", "group", "member"]);
        _hostctl.Json.GetProperty("schema").GetString().ShouldBe("hostswap/fleet/1");
        _hostctl.Json.GetProperty("service").GetString().ShouldBe("fleet-lock");
    }

    [Theory]
    [InlineData(FleetService.None, "asks no other")]
    [InlineData(FleetService.FleetLock, "for the lock manager to tell")]
    public async Task Where_nobody_tells_it_says_so(FleetService service, string text)
    {
        _hostctl.Host.Fleet = new FleetStatus(service, "rack", Limit: null, "me", Holders: null);
        await _hostctl.RunAsync("fleet", "status");
        _hostctl.Out.ShouldContain(text);
    }

    [Theory]
    [InlineData(200, ExitCode.Done, true)]
    [InlineData(500, ExitCode.Held, false)]
    [InlineData(404, ExitCode.Environment, false)]
    internal async Task A_swap_by_hand_waits_for_its_turn_too(int status, ExitCode code, bool swaps)
    {
        using var manager = new LocalWebServer(_ => Task.FromResult((status, """{"kind":"failed_lock","value":"all slots taken"}""")));
        _hostctl.Fleet = new FleetSettings { Service = FleetService.FleetLock, Endpoints = [manager.Url], Member = "me" };

        (await _hostctl.RunAsync("swap", "--yes")).ShouldBe(code);

        _hostctl.Host.Calls.Exists(static call => call.StartsWith("swap", StringComparison.Ordinal)).ShouldBe(swaps);
        manager.Requests.Select(static request => request.Path).ShouldBe(swaps ? ["/hook/v1/pre-reboot", "/hook/v1/steady-state"] : ["/hook/v1/pre-reboot"]);
        if (!swaps)
            _hostctl.Error.ShouldContain("all slots taken");
    }

    [Fact]
    public void A_fleet_that_is_busy_has_the_exit_code_of_a_hold()
    {
        ExitCodes.From(new FleetBusyException("m"), interrupted: false).ShouldBe(ExitCode.Held);
        ExitCodes.From(new EnvironmentException("m", "r"), interrupted: false).ShouldBe(ExitCode.Environment);
    }
}
