using System.Threading.Channels;

namespace HostSwap.Orchestrator.DBus.Native;

/// <summary>
/// A subscription. Signals queue up without a bound: those that hostswap subscribes to come a few in a second, and
/// one that is dropped would be lost for good.
/// </summary>
internal sealed unsafe class SignalSlot(BusLoop loop, BusMatch match) : NativeSlot
{
    private readonly TaskCompletionSource _installed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<BusSignal> _signals = Channel.CreateUnbounded<BusSignal>();

    /// <summary>Completes when the bus has acknowledged the match: no later signal is missed.</summary>
    public Task Installed => _installed.Task;

    /// <summary>What has been received; completed with the reason when the connection ends.</summary>
    public ChannelReader<BusSignal> Signals => _signals.Reader;

    /// <inheritdoc/>
    public override void Fail(Exception reason)
    {
        _signals.Writer.TryComplete(reason);
        if (_installed.TrySetException(reason))
            _ = _installed.Task.Exception;
    }

    /// <inheritdoc/>
    protected override nint Register(SdBusHandle bus, nint state)
    {
        var result = SdBus.AddMatchAsync(
            bus, out var slot, match.ToRule(), &MessageCallback, &InstalledCallback, state);
        if (result < 0)
            throw loop.Disconnected($"sd_bus_add_match_async: {SdBus.ErrorText(result)}");
        return slot;
    }

    /// <inheritdoc/>
    protected override void OnInstalled(nint message)
    {
        if (SdMessage.Error(message) is not { } error)
            _installed.TrySetResult();
        else if (loop.IsOpen)
            Fail(new BusErrorReplyException(error.Name, error.Text));
        else
            Fail(loop.Disconnected(error.Text));
    }

    /// <inheritdoc/>
    protected override void OnMessage(nint message) => _signals.Writer.TryWrite(
        new BusSignal(SdMessage.Path(message), SdMessage.Member(message), MessageReader.ReadAll(message)));
}
