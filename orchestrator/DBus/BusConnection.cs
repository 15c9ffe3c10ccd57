using HostSwap.Orchestrator.DBus.Native;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Tracing;

namespace HostSwap.Orchestrator.DBus;

/// <summary>
/// One connection to a message bus. Any thread may use it, and any number of calls may be pending at once. Once it
/// has ended it stays so; <see cref="BusService"/> opens another.
/// </summary>
/// <remarks>
/// Underneath is sd-bus. Nothing outside this folder's <c>Native</c> knows that, so that Tmds.DBus.Protocol can take
/// its place.
/// </remarks>
internal sealed class BusConnection : IAsyncDisposable
{
    private readonly BusLoop _loop;
    private readonly TimeProvider _time;

    private BusConnection(BusLoop loop, string peer, TimeProvider time)
    {
        _loop = loop;
        _time = time;
        Peer = peer;
    }

    /// <summary>Whose bus it is, as errors name it.</summary>
    public string Peer { get; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _loop.HasEnded;

    /// <summary>Connects to the bus at a socket.</summary>
    /// <param name="socketPath">The socket.</param>
    /// <param name="peer">Whose bus it is, for errors: <c>gen-2</c>.</param>
    /// <param name="limit">How long to wait for the bus to accept this client.</param>
    /// <param name="time">The time source.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BusConnectException">There is no socket, nobody listens, or the bus refuses.</exception>
    /// <exception cref="DeadlineException">The bus did not answer in time.</exception>
    public static async Task<BusConnection> OpenAsync(
        string socketPath, string peer, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var span = OutsideCalls.Begin(peer, "connect");
        var loop = new BusLoop(socketPath, peer);
        try
        {
            await loop.Ready.WaitAsync(limit, time, cancellationToken);
            return new BusConnection(loop, peer, time);
        }
        catch (TimeoutException)
        {
            loop.Dispose();
            throw new DeadlineException(
                $"the bus of {peer} to accept a connection", limit, $"no answer from whoever listens at {socketPath}");
        }
        catch
        {
            loop.Dispose();
            throw;
        }
    }

    /// <summary>Calls a method and waits for its reply.</summary>
    /// <param name="call">The call.</param>
    /// <param name="limit">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> only for what may take hours.</param>
    /// <param name="cancellationToken">Stops waiting; the called service is not told.</param>
    /// <exception cref="BusErrorReplyException">The service answered with an error.</exception>
    /// <exception cref="BusDisconnectedException">The connection ended; whether the call took effect is unknown.</exception>
    /// <exception cref="DeadlineException">No reply in time; whether the call took effect is unknown.</exception>
    public async Task<BusReply> CallAsync(BusCall call, TimeSpan limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var span = OutsideCalls.Begin(Peer, $"{call.Interface}.{call.Member}");
        var pending = new PendingCall(_loop, call);
        _loop.Start(pending);
        return await WaitAsync(pending, pending.Reply, $"{Peer} to answer {call}", limit, cancellationToken);
    }

    /// <summary>Subscribes to signals. When this returns, the bus has acknowledged it: no later signal is missed.</summary>
    /// <exception cref="BusErrorReplyException">The bus refused.</exception>
    /// <exception cref="BusDisconnectedException">The connection ended.</exception>
    /// <exception cref="DeadlineException">No answer in time.</exception>
    public async Task<BusSubscription> SubscribeAsync(
        BusMatch match, TimeSpan limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var span = OutsideCalls.Begin(Peer, "subscribe");
        var slot = new SignalSlot(_loop, match);
        _loop.Start(slot);
        await WaitAsync(
            slot, Acknowledged(slot), $"the bus of {Peer} to accept a subscription", limit, cancellationToken);
        return new BusSubscription(slot.Signals, () => _loop.Abandon(slot));

        static async Task<bool> Acknowledged(SignalSlot slot)
        {
            await slot.Installed;
            return true;
        }
    }

    /// <summary>Ends the connection; what is pending fails with <see cref="BusDisconnectedException"/>.</summary>
    public ValueTask DisposeAsync()
    {
        _loop.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<T> WaitAsync<T>(
        NativeSlot slot, Task<T> task, string awaited, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return await task.WaitAsync(limit, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            _loop.Abandon(slot);
            throw new DeadlineException(awaited, limit, "no reply");
        }
        catch (OperationCanceledException)
        {
            _loop.Abandon(slot);
            throw;
        }
    }
}

/// <summary>Signals that arrive. Disposing it tells the bus to send no more.</summary>
internal sealed class BusSubscription(System.Threading.Channels.ChannelReader<BusSignal> signals, Action end)
    : IAsyncDisposable
{
    /// <summary>
    /// All signals since the subscription, in order, until cancelled.
    /// Throws <see cref="BusDisconnectedException"/> when the connection ends.
    /// </summary>
    public IAsyncEnumerable<BusSignal> ReadAllAsync(CancellationToken cancellationToken) =>
        signals.ReadAllAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        end();
        return ValueTask.CompletedTask;
    }
}
