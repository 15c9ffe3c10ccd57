using HostSwap.Orchestrator.DBus;
using HostSwap.Orchestrator.Errors;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.DBus;

public sealed class BusServiceTests : IAsyncLifetime
{
    private PrivateBus _bus = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _bus = await PrivateBus.StartAsync();

    public ValueTask DisposeAsync() => _bus.DisposeAsync();

    [Fact]
    public async Task It_connects_again_after_the_bus_was_restarted()
    {
        await using var service = Service();
        await service.CallAsync(GetId(), Token);
        var pending = service.CallAsync(BusConnectionTests.ToMute(), Timeout.InfiniteTimeSpan, Token);
        await service.CallAsync(GetId(), Token);

        await _bus.StopAsync();
        var lost = await Should.ThrowAsync<AdapterException>(pending);
        var absent = await Should.ThrowAsync<AdapterException>(service.CallAsync(GetId(), Token));
        await _bus.RunAsync();

        lost.System.ShouldBe("libvirt gen-2");
        lost.Call.ShouldContain("org.hostswap.Mute.Wait");
        absent.Message.ShouldContain(_bus.SocketPath);
        await service.CallAsync(GetId(), Token);
    }

    [Fact]
    public async Task More_calls_than_the_bus_allows_pending_wait_for_a_place()
    {
        await using var service = Service();

        var replies = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => service.CallAsync(GetId(), Token)));

        replies.Length.ShouldBe(1000);
    }

    [Fact]
    public async Task Waiting_for_a_place_has_a_deadline_but_calls_without_a_limit_need_none()
    {
        await using var service = Service();
        using var source = new CancellationTokenSource();
        var pending = Enumerable.Range(0, 64).Select(_ => service.CallAsync(
            BusConnectionTests.ToMute(), TimeSpan.FromSeconds(20), source.Token)).ToList();

        var error = await Should.ThrowAsync<DeadlineException>(
            service.CallAsync(GetId(), TimeSpan.FromMilliseconds(50), Token));

        error.Message.ShouldContain("libvirt gen-2");
        await service.CallAsync(GetId(), Timeout.InfiniteTimeSpan, Token);
        await source.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(Task.WhenAll(pending));
    }

    [Fact]
    public async Task Streams_of_signals_end_with_the_adapters_exception()
    {
        await using var service = Service();
        await using var signals = await service.SubscribeAsync(BusMatch.OwnerOf("org.hostswap.S"), Token);

        await _bus.StopAsync();

        await Should.ThrowAsync<AdapterException>(async () =>
        {
            await foreach (var signal in service.ReadAllAsync(signals, Token))
                signal.ShouldBeNull();
        });
    }

    [Fact]
    public async Task After_disposal_nothing_is_called()
    {
        var service = Service();
        await service.CallAsync(GetId(), Token);
        await service.DisposeAsync();

        await Should.ThrowAsync<ObjectDisposedException>(service.CallAsync(GetId(), Token));
        await service.DisposeAsync();
    }

    private static BusCall GetId() => BusConnectionTests.ToBus("GetId");

    private BusService Service() => new(_bus.SocketPath, "libvirt gen-2", "org.libvirt", TimeProvider.System);
}
