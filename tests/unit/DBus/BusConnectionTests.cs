using System.Diagnostics;
using HostSwap.Orchestrator.DBus;
using HostSwap.Orchestrator.Errors;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.DBus;

public sealed class BusConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private PrivateBus _bus = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _bus = await PrivateBus.StartAsync();

    public ValueTask DisposeAsync() => _bus.DisposeAsync();

    [Fact]
    public async Task A_call_returns_the_reply()
    {
        await using var connection = await _bus.ConnectAsync();

        var reply = await connection.CallAsync(ToBus("ListNames"), Limit, Token);

        reply.First.Signature.ShouldBe("as");
        reply.First.Items().Select(n => n.AsString()).Any(n => string.Equals(n, "org.freedesktop.DBus", StringComparison.Ordinal)).ShouldBeTrue();
    }

    [Fact]
    public async Task Named_values_are_read()
    {
        await using var connection = await _bus.ConnectAsync();
        var call = ToBus("GetConnectionCredentials", BusValue.String("org.freedesktop.DBus"));

        var reply = await connection.CallAsync(call, Limit, Token);

        reply.First.Signature.ShouldBe("a{sv}");
        reply.First.ToDictionary()["ProcessID"].ToInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task An_error_reply_carries_its_name_and_leaves_the_connection_usable()
    {
        await using var connection = await _bus.ConnectAsync();
        var call = ToBus("GetNameOwner", BusValue.String("org.hostswap.Nobody"));

        var error = await Should.ThrowAsync<BusErrorReplyException>(connection.CallAsync(call, Limit, Token));

        error.ErrorName.ShouldBe("org.freedesktop.DBus.Error.NameHasNoOwner");
        await connection.CallAsync(ToBus("GetId"), Limit, Token);
    }

    [Fact]
    public async Task An_invalid_call_fails_alone()
    {
        await using var connection = await _bus.ConnectAsync();
        var invalid = new BusCall("org.freedesktop.DBus", "no path", "org.freedesktop.DBus", "GetId");

        await Should.ThrowAsync<IOException>(connection.CallAsync(invalid, Limit, Token));
        await Should.ThrowAsync<BusFormatException>(
            connection.CallAsync(ToBus("GetNameOwner", BusValue.String("a\0b")), Limit, Token));

        await connection.CallAsync(ToBus("GetId"), Limit, Token);
    }

    [Fact]
    public async Task A_call_without_a_reply_ends_at_its_deadline_which_names_it()
    {
        await using var connection = await _bus.ConnectAsync();

        var error = await Should.ThrowAsync<DeadlineException>(
            connection.CallAsync(ToMute(), TimeSpan.FromMilliseconds(50), Token));

        error.Message.ShouldContain("org.hostswap.Mute.Wait on /");
        await connection.CallAsync(ToBus("GetId"), Limit, Token);
    }

    [Fact]
    public async Task Cancelling_stops_waiting_and_leaves_the_connection_usable()
    {
        await using var connection = await _bus.ConnectAsync();
        using var source = new CancellationTokenSource();

        var pending = connection.CallAsync(ToMute(), Timeout.InfiniteTimeSpan, source.Token);
        await source.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(pending);
        await connection.CallAsync(ToBus("GetId"), Limit, Token);
    }

    [Fact]
    public async Task Hundreds_of_calls_may_be_pending_while_others_are_answered()
    {
        await using var connection = await _bus.ConnectAsync();
        using var source = new CancellationTokenSource();
        var mute = Enumerable.Range(0, 300)
            .Select(_ => connection.CallAsync(ToMute(), Timeout.InfiniteTimeSpan, source.Token)).ToList();

        var answered = await Task.WhenAll(
            Enumerable.Range(0, 500).Select(_ => connection.CallAsync(ToBus("GetId"), Limit, Token)));

        answered.Select(r => r.First.AsString()).Distinct(StringComparer.Ordinal).Count().ShouldBe(1);
        mute.ShouldAllBe(t => !t.IsCompleted);
        await source.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(Task.WhenAll(mute));
    }

    [Fact]
    public async Task Pending_calls_fail_at_once_when_the_bus_goes_away()
    {
        await using var connection = await _bus.ConnectAsync();
        var match = new BusMatch(Member: "NameOwnerChanged");
        await using var signals = await connection.SubscribeAsync(match, Limit, Token);
        var pending = Enumerable.Range(0, 20)
            .Select(_ => connection.CallAsync(ToMute(), Timeout.InfiniteTimeSpan, Token)).ToList();
        await connection.CallAsync(ToBus("GetId"), Limit, Token);

        var begun = Stopwatch.GetTimestamp();
        await _bus.StopAsync();

        foreach (var call in pending)
            await Should.ThrowAsync<BusDisconnectedException>(call);
        await Should.ThrowAsync<BusDisconnectedException>(ReadAllAsync(signals));
        Stopwatch.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await WaitUntilAsync(() => connection.HasEnded);
        await Should.ThrowAsync<BusDisconnectedException>(connection.CallAsync(ToBus("GetId"), Limit, Token));
    }

    [Fact]
    public async Task Disposing_fails_pending_calls()
    {
        var connection = await _bus.ConnectAsync();
        var pending = connection.CallAsync(ToMute(), Timeout.InfiniteTimeSpan, Token);

        await connection.DisposeAsync();

        (await Should.ThrowAsync<BusDisconnectedException>(pending)).Message.ShouldContain("closed on this side");
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task A_signal_sent_right_after_subscribing_arrives()
    {
        await using var watcher = await _bus.ConnectAsync();
        await using var service = await _bus.ConnectAsync();
        await using var owners = await watcher.SubscribeAsync(BusMatch.OwnerOf("org.hostswap.S"), Limit, Token);

        await service.CallAsync(RequestName("org.hostswap.Other"), Limit, Token);
        await service.CallAsync(RequestName("org.hostswap.S"), Limit, Token);
        await service.CallAsync(ToBus("ReleaseName", BusValue.String("org.hostswap.S")), Limit, Token);

        await using var read = owners.ReadAllAsync(Token).GetAsyncEnumerator(Token);
        (await read.MoveNextAsync()).ShouldBeTrue();
        read.Current[0].AsString().ShouldBe("org.hostswap.S");
        read.Current[2].AsString().ShouldNotBeEmpty();
        (await read.MoveNextAsync()).ShouldBeTrue();
        read.Current[2].AsString().ShouldBeEmpty();
        Should.Throw<BusFormatException>(() => read.Current[3]);
    }

    [Fact]
    public async Task A_refused_subscription_says_so()
    {
        await using var connection = await _bus.ConnectAsync();

        await Should.ThrowAsync<BusFormatException>(
            connection.SubscribeAsync(new BusMatch(Path: "/a'b"), Limit, Token));
        await Should.ThrowAsync<BusException>(
            connection.SubscribeAsync(new BusMatch(Path: "no path"), Limit, Token));
    }

    [Fact]
    public async Task Connecting_without_a_bus_says_whose_and_where()
    {
        await _bus.StopAsync();
        (await Should.ThrowAsync<BusConnectException>(_bus.ConnectAsync())).Message.ShouldContain(_bus.SocketPath);

        var tooLong = BusConnection.OpenAsync("/" + new string('x', 200), "gen-7", Limit, TimeProvider.System, Token);
        (await Should.ThrowAsync<BusConnectException>(tooLong)).Message.ShouldContain("bus of gen-7");
    }

    internal static BusCall ToBus(string member, params BusValue[] arguments) =>
        new("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member, arguments);

    internal static BusCall RequestName(string name) =>
        ToBus("RequestName", BusValue.String(name), BusValue.UInt32(0));

    internal static BusCall ToMute() => new(PrivateBus.MuteService, "/", PrivateBus.MuteService, "Wait");

    internal static async Task WaitUntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            i.ShouldBeLessThan(500);
            await Task.Delay(10, Token);
        }
    }

    private static async Task ReadAllAsync(BusSubscription signals)
    {
        await foreach (var signal in signals.ReadAllAsync(Token))
            signal.Member.ShouldBe("NameOwnerChanged");
    }
}
