using System.Net;
using System.Net.Sockets;
using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Probing;

/// <summary>What a stream saw.</summary>
/// <param name="Sent">Bytes sent.</param>
/// <param name="Returned">Bytes that came back, each of which was the one that had been sent there.</param>
/// <param name="LongestSilence">The longest time in which nothing came back though something was under way.</param>
public sealed record StreamReport(long Sent, long Returned, TimeSpan LongestSilence);

/// <summary>
/// One TCP connection to a guest that sends back what it gets (<c>hs.serve</c>, <c>hs.call</c>). Bytes are a function of their
/// place in the stream, so that one that is lost, doubled or out of order is found. A connection that breaks is not made anew.
/// </summary>
public sealed class StreamProber : IAsyncDisposable
{
    private const int Chunk = 1024;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>How long what is under way at the end may take to come back.</summary>
    private static readonly TimeSpan LastReturns = TimeSpan.FromSeconds(20);

    private readonly Socket _socket;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _sending;
    private readonly Task _receiving;
    private long _sent;
    private long _returned;
    private long _longestSilence;

    private StreamProber(Socket socket)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _receiving = Task.Run(ReceiveAsync);
        _sending = Task.Run(SendAsync);
    }

    /// <summary>Who is at the other end, as seen here.</summary>
    public IPAddress RemoteAddress => ((IPEndPoint)_socket.RemoteEndPoint!).Address;

    /// <summary>Bytes that have come back.</summary>
    public long Returned => Interlocked.Read(ref _returned);

    /// <summary>Connects.</summary>
    public static async Task<StreamProber> ConnectAsync(IPEndPoint to, TimeSpan limit, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        // Who is called may still be on its way up.
        await Poll.UntilAsync($"{to} to take a connection", limit, async token => (socket = await TryConnectAsync(to, token)) is not null, () => "", cancellationToken);
        return new StreamProber(socket!);
    }

    /// <summary>Takes the connection that a guest opens.</summary>
    public static async Task<StreamProber> AcceptAsync(TcpListener listener, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return new StreamProber(await listener.AcceptSocketAsync(cancellationToken).AsTask().WaitAsync(limit, cancellationToken));
        }
        catch (TimeoutException exception)
        {
            throw new LabException($"nobody has called {listener.LocalEndpoint} within {limit.TotalSeconds:0} s", exception);
        }
    }

    /// <summary>Stops sending, waits until everything is back, and says what was seen; fails where a byte was lost or the connection broke.</summary>
    public async Task<StreamReport> StopAsync()
    {
        await _ending.CancelAsync();
        await _sending;
        await Poll.UntilAsync(
            "the rest of the stream",
            LastReturns,
            _ => Task.FromResult(_receiving.IsCompleted || Returned == _sent),
            () => $"{_sent} bytes were sent and {Returned} have come back",
            CancellationToken.None);
        if (_receiving.IsCompleted) await _receiving;
        return new StreamReport(_sent, Returned, TimeSpan.FromTicks(_longestSilence / 100));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _socket.Dispose();
        await Task.WhenAll(_sending, _receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private static async Task<Socket?> TryConnectAsync(IPEndPoint to, CancellationToken cancellationToken)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(to, cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(2), cancellationToken);
            return socket;
        }
        catch (Exception exception) when (exception is SocketException or TimeoutException)
        {
            socket.Dispose();
            return null;
        }
    }

    private async Task SendAsync()
    {
        var chunk = new byte[Chunk];
        using var beat = new PeriodicTimer(Interval);
        while (!_ending.IsCancellationRequested)
        {
            for (var i = 0; i < chunk.Length; i++) chunk[i] = At(_sent + i);
            for (var done = 0; done < chunk.Length;) done += await _socket.SendAsync(chunk.AsMemory(done));
            Interlocked.Add(ref _sent, chunk.Length);
            await beat.WaitForNextTickAsync();
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[16 * Chunk];
        for (var last = Native.MonotonicNanoseconds(); ;)
        {
            var count = await _socket.ReceiveAsync(buffer);
            if (count == 0) throw new LabException($"the guest has closed the stream after {_returned} bytes");
            var now = Native.MonotonicNanoseconds();
            _longestSilence = Math.Max(_longestSilence, now - last);
            last = now;
            for (var i = 0; i < count; i++)
            {
                if (buffer[i] != At(_returned + i))
                    throw new LabException($"byte {_returned + i} of the stream came back as {buffer[i]} and not as {At(_returned + i)}");
            }

            Interlocked.Add(ref _returned, count);
        }
    }

    // Multiplied by the golden ratio, so that no short shift of the stream looks like itself.
    private static byte At(long place) => (byte)(unchecked((ulong)place * 0x9e3779b97f4a7c15) >> 56);
}
