namespace HostSwap.Orchestrator.DBus.Native;

/// <summary>A method call that waits for its reply.</summary>
internal sealed unsafe class PendingCall(BusLoop loop, BusCall call) : NativeSlot
{
    private readonly TaskCompletionSource<BusReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The reply, or a <see cref="BusException"/>.</summary>
    public Task<BusReply> Reply => _reply.Task;

    /// <inheritdoc/>
    public override void Fail(Exception reason)
    {
        if (_reply.TrySetException(reason))
            // Whoever waited may have left at its deadline; its exception is then nobody's to observe.
            _ = _reply.Task.Exception;
    }

    /// <inheritdoc/>
    protected override nint Register(SdBusHandle bus, nint state)
    {
        using var message = MessageWriter.Build(bus, call);
        // The limit is kept on the managed side, where the time source can be replaced.
        var result = SdBus.CallAsync(bus, out var slot, message, &MessageCallback, state, SdBus.Forever);
        if (result < 0)
            throw loop.Disconnected($"sd_bus_call_async: {SdBus.ErrorText(result)}");
        return slot;
    }

    /// <inheritdoc/>
    protected override void OnMessage(nint message)
    {
        loop.Forget(this);
        if (SdMessage.Error(message) is not { } error)
            _reply.TrySetResult(new BusReply(MessageReader.ReadAll(message)));
        else if (loop.IsOpen)
            Fail(new BusErrorReplyException(error.Name, error.Text));
        else
            // sd-bus answers what is pending with errors of its own when the connection breaks.
            Fail(loop.Disconnected(error.Text));
    }
}
