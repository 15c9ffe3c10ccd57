using System.Runtime.CompilerServices;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.DBus;

/// <summary>
/// One service on the bus of one generation, as the adapters use it. It connects when first used, connects again after
/// the connection has ended, and turns every failure into one that says who failed.
/// </summary>
/// <param name="socketPath">The bus's socket.</param>
/// <param name="system">Who is called, for errors: <c>libvirt gen-2</c>.</param>
/// <param name="name">The service's bus name.</param>
/// <param name="time">The time source.</param>
internal sealed class BusService(string socketPath, string system, string name, TimeProvider time) : IAsyncDisposable
{
    /// <summary>
    /// The limit of an ordinary call: 30 s. Some of it may go into starting the service, which the bus does on demand.
    /// </summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// dbus-daemon's system bus refuses more than 128 pending replies on a connection
    /// (<c>max_replies_per_connection</c>, dbus-daemon(1)). The rest is left to calls without a limit.
    /// </summary>
    private const int MostPendingCalls = 64;

    private readonly SemaphoreSlim _places = new(MostPendingCalls);
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _lock = new();
    private Task<BusConnection>? _connection;

    /// <summary>The service's bus name.</summary>
    public string Name => name;

    /// <summary>Who is called, for errors.</summary>
    public string System => system;

    /// <summary>Calls a method.</summary>
    /// <param name="call">The call.</param>
    /// <param name="limit">How long to wait; infinite for a migration alone.</param>
    /// <param name="cancellationToken">Stops waiting, not the call.</param>
    /// <exception cref="AdapterException">The service refused, or the connection ended.</exception>
    /// <exception cref="DeadlineException">No reply in time.</exception>
    public async Task<BusReply> CallAsync(BusCall call, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (limit == Timeout.InfiniteTimeSpan)
            return await CallNowAsync(call, limit, cancellationToken);
        if (!await _places.WaitAsync(limit, cancellationToken))
            throw new DeadlineException(
                $"a place for {call} among the calls to {system}", limit, $"{MostPendingCalls} calls without a reply");
        try
        {
            return await CallNowAsync(call, limit, cancellationToken);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Calls a method with the ordinary limit.</summary>
    public Task<BusReply> CallAsync(BusCall call, CancellationToken cancellationToken) =>
        CallAsync(call, DefaultLimit, cancellationToken);

    /// <summary>Streams signals until cancelled; see <see cref="BusConnection.SubscribeAsync"/>.</summary>
    public async Task<BusSubscription> SubscribeAsync(BusMatch match, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await ConnectionAsync().WaitAsync(cancellationToken);
            return await connection.SubscribeAsync(match, DefaultLimit, cancellationToken);
        }
        catch (Exception e) when (IsBusFailure(e))
        {
            throw Failure($"subscribe to {match.Member}", e);
        }
    }

    /// <summary>Reads a subscription with the adapters' exceptions.</summary>
    public async IAsyncEnumerable<BusSignal> ReadAllAsync(
        BusSubscription subscription, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var signals = subscription.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await signals.MoveNextAsync())
                    yield break;
            }
            catch (Exception e) when (IsBusFailure(e))
            {
                throw Failure("read signals", e);
            }

            yield return signals.Current;
        }
    }

    /// <summary>Reads a reply; one of the wrong shape is the service's failure.</summary>
    public T Read<T>(BusCall call, BusReply reply, Func<BusReply, T> read)
    {
        try
        {
            return read(reply);
        }
        catch (BusFormatException e)
        {
            throw Failure(call.ToString(), e);
        }
    }

    /// <summary>Makes the exception that says who failed at what.</summary>
    public AdapterException Failure(string call, Exception inner) => new(system, call, inner.Message, inner);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task<BusConnection>? connection;
        lock (_lock)
        {
            if (_disposed.IsCancellationRequested)
                return;
            _disposed.Cancel();
            (connection, _connection) = (_connection, null);
        }

        if (connection is not null)
            await DisposeAsync(connection);
    }

    private static bool IsBusFailure(Exception e) => e is BusException or IOException;

    private async Task<BusReply> CallNowAsync(BusCall call, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await ConnectionAsync().WaitAsync(cancellationToken);
            return await connection.CallAsync(call, limit, cancellationToken);
        }
        catch (Exception e) when (IsBusFailure(e))
        {
            throw Failure(call.ToString(), e);
        }
    }

    /// <summary>
    /// The connection that all share. It is opened independently of the caller that needed it first, so that this
    /// caller's cancellation does not hit the others.
    /// </summary>
    private Task<BusConnection> ConnectionAsync()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            if (_connection is null || HasEnded(_connection))
                _connection = OpenAsync(_connection);
            return _connection;
        }
    }

    private async Task<BusConnection> OpenAsync(Task<BusConnection>? former)
    {
        // Not under the caller's lock: joining the old thread and connecting take their time.
        await Task.Yield();
        if (former is not null)
            await DisposeAsync(former);
        return await BusConnection.OpenAsync(socketPath, system, ConnectLimit, time, _disposed.Token);
    }

    private static bool HasEnded(Task<BusConnection> connection) =>
        connection.IsCompleted && (!connection.IsCompletedSuccessfully || connection.Result.HasEnded);

    private static async ValueTask DisposeAsync(Task<BusConnection> connection)
    {
        // One that did not open has told its callers so, and left nothing to dispose of.
        await ((Task)connection).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (connection.IsCompletedSuccessfully)
            await connection.Result.DisposeAsync();
    }
}
