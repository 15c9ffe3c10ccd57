using System.Text.Json;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Fleet;
using HostSwap.UnitTests.Support;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Fleet;

/// <summary>
/// A manager of slots over HTTP: FleetLock is a protocol of two requests, which this server follows; Debian has no package of
/// a manager that could take its place.
/// </summary>
public sealed class FleetLockClientTests : IDisposable
{
    private readonly HashSet<string> _holders = new(StringComparer.Ordinal);
    private readonly LocalWebServer _server;
    private int _limit = 1;

    public FleetLockClientTests() => _server = new LocalWebServer(Answer);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_slot_is_taken_and_given_back_in_the_protocols_words()
    {
        await using (var slot = await Member("a").AcquireAsync(Token))
        {
            slot.Description.ShouldBe($"slot of a in group default at {_server.Url.Authority}");
            slot.Lost.CanBeCanceled.ShouldBeFalse();
            (await Should.ThrowAsync<FleetBusyException>(() => Member("b").AcquireAsync(Token))).Message
                .ShouldBe($"group default: the lock manager gives no slot: {_server.Url.Authority} answered 500, failed_lock: all 1 semaphore slots currently taken");
            // One that died has its own again.
            await Member("a").AcquireAsync(Token);
        }

        await using var next = await Member("b").AcquireAsync(Token);
        var first = _server.Requests[0];
        (first.Method, first.Path).ShouldBe(("POST", "/base/v1/pre-reboot"));
        first.Headers["fleet-lock-protocol"].ShouldBe("true");
        first.Headers["Content-Type"].ShouldBe("application/json");
        first.Body.ShouldBe("""{"client_params":{"id":"a","group":"default"}}""");
        _server.Requests.Select(static request => request.Path).ShouldContain("/base/v1/steady-state");
    }

    [Fact]
    public async Task Two_at_once_where_the_manager_says_so()
    {
        _limit = 2;
        await using var one = await Member("a").AcquireAsync(Token);
        await using var other = await Member("b").AcquireAsync(Token);
        await Should.ThrowAsync<FleetBusyException>(() => Member("c").AcquireAsync(Token));
        (await Member("c").GetStatusAsync(Token)).Holders.ShouldBeNull();
    }

    [Fact]
    public async Task One_waits_for_a_slot_as_long_as_it_is_told_to()
    {
        var slot = await Member("a").AcquireAsync(Token);
        var waiting = Member("b", settings => settings with { Wait = TimeSpan.FromSeconds(30) }).AcquireAsync(Token);
        await Task.Delay(100, Token);

        await slot.DisposeAsync();

        await (await waiting.WaitAsync(TimeSpan.FromSeconds(20), Token)).DisposeAsync();
        _holders.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("unknown", "answered 400, unknown_group: no such group")]
    [InlineData("html", "answered 502")]
    [InlineData("silent", "no answer within 1 s")]
    public async Task A_manager_that_cannot_be_asked_gives_nothing(string group, string problem)
    {
        var failed = await Should.ThrowAsync<EnvironmentException>(() => Member("a", settings => settings with { Group = group, Deadline = TimeSpan.FromSeconds(1) }).AcquireAsync(Token));

        failed.Message.ShouldContain(problem);
        failed.Remedy.ShouldContain("Nothing is swapped");
    }

    [Fact]
    public async Task Another_one_is_asked_where_the_first_is_gone_and_one_that_goes_meanwhile_is_told()
    {
        var gone = new LocalWebServer(static _ => Task.FromResult((200, "")));
        gone.Dispose();
        var slot = await Member("a", settings => settings with { Endpoints = [gone.Url, .. settings.Endpoints] }).AcquireAsync(Token);
        _server.Dispose();

        await slot.DisposeAsync();

        slot.NotReleased.ShouldNotBeNull().ShouldContain("is still taken");
        (await Should.ThrowAsync<EnvironmentException>(() => Member("b").AcquireAsync(Token))).Message.ShouldContain("the lock manager cannot be asked");
    }

    private IFleetLock Member(string name, Func<FleetSettings, FleetSettings>? change = null)
    {
        var fleet = new FleetSettings { Service = FleetService.FleetLock, Endpoints = [new Uri(_server.Url, "/base/")], Member = name };
        return FleetLocks.Open(
            SettingsLoader.Load(path: null, new Dictionary<string, string?>(StringComparer.Ordinal) { [SettingsLoader.RootVariable] = "/nonexistent" }) with { Fleet = change?.Invoke(fleet) ?? fleet },
            TimeProvider.System);
    }

    private async Task<(int Status, string Body)> Answer(WebRequestSeen request)
    {
        var parameters = JsonDocument.Parse(request.Body).RootElement.GetProperty("client_params");
        var name = parameters.GetProperty("id").GetString()!;
        switch (parameters.GetProperty("group").GetString())
        {
            case "unknown": return (400, """{"kind":"unknown_group","value":"no such group"}""");
            case "html": return (502, "<html>Bad gateway</html>");
            case "silent":
                await Task.Delay(TimeSpan.FromSeconds(5), Token);
                return (200, "");
        }

        lock (_holders)
        {
            if (request.Path.EndsWith("/steady-state", StringComparison.Ordinal))
                _holders.Remove(name);
            else if (!_holders.Contains(name) && _holders.Count >= _limit)
                return (500, $$"""{"kind":"failed_lock","value":"all {{_limit}} semaphore slots currently taken"}""");
            else
                _holders.Add(name);
            return (200, "");
        }
    }
}
