using System.Net;
using System.Net.Sockets;
using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Probing;

/// <summary>
/// Pings one address at a steady beat until it is stopped. It has a thread of its own for sending, woken by an
/// absolute timer, and one for receiving, so that neither waits for the other nor for the thread pool.
/// Needs the right to open raw sockets.
/// </summary>
public sealed class PingProber : IAsyncDisposable
{
    /// <summary>50 a second.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>How long replies to the last requests are waited for.</summary>
    public static readonly TimeSpan LastReplies = TimeSpan.FromSeconds(1);

    /// <summary>How long before the moment of a request, in nanoseconds, its waiting becomes exact, and a change too late for it.</summary>
    private const long Coarse = 20_000_000;

    /// <summary>How soon, in nanoseconds, one that is stopped knows.</summary>
    private const long SendingPoll = 1_000_000_000;

    private static int s_nextIdentifier = Random.Shared.Next(ushort.MaxValue);

    private readonly ushort _identifier = unchecked((ushort)Interlocked.Increment(ref s_nextIdentifier));
    private readonly AutoResetEvent _changed = new(initialState: false);
    private long _interval;
    private readonly Socket _socket;
    private readonly Thread _sender;
    private readonly Thread _receiver;
    private readonly Lock _samplesLock = new();
    private readonly List<PingSample> _samples = [];
    private readonly TaskCompletionSource _firstReply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _latestSend;
    private volatile bool _sending = true;
    private volatile bool _receiving = true;
    private volatile Exception? _failure;
    private PingReport? _report;

    private PingProber(IPAddress target, TimeSpan interval)
    {
        Target = target;
        _interval = interval.Ticks * 100;
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp)
        {
            ReceiveTimeout = 100,
            SendTimeout = 100,
        };
        _socket.Connect(target, 0);
        _sender = new Thread(Send) { IsBackground = true, Name = $"ping {target}" };
        _receiver = new Thread(Receive) { IsBackground = true, Name = $"pong {target}" };
    }

    /// <summary>What is pinged.</summary>
    public IPAddress Target { get; }

    /// <summary>How long after one request the next is sent; a change takes effect at once.</summary>
    public TimeSpan Interval
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _interval) / 100);
        set
        {
            if (Interlocked.Exchange(ref _interval, value.Ticks * 100) != value.Ticks * 100) _changed.Set();
        }
    }

    /// <summary>Begins to ping.</summary>
    public static PingProber Start(IPAddress target, TimeSpan? interval = null)
    {
        var prober = new PingProber(target, interval ?? DefaultInterval);
        prober._receiver.Start();
        prober._sender.Start();
        return prober;
    }

    /// <summary>Waits until the target has answered for the first time.</summary>
    public async Task WaitForReplyAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await _firstReply.Task.WaitAsync(limit, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new LabException($"{Target} answered no ping within {limit.TotalSeconds:0.#} s", exception);
        }
    }

    /// <summary>Forgets what was seen so far: the time before it counts is over.</summary>
    public void Reset()
    {
        lock (_samplesLock)
        {
            // Replies that are still under way belong to requests before this moment; their numbers are past.
            _forgotten += _samples.Count;
            _samples.Clear();
            _latestSend = 0;
        }
    }

    private long _forgotten;

    /// <summary>Stops, and says what was seen.</summary>
    public async Task<PingReport> StopAsync()
    {
        if (_report is not null) return _report;
        _sending = false;
        _changed.Set();
        await Task.Run(_sender.Join);
        await AwaitLastReplyAsync();
        _receiving = false;
        await Task.Run(_receiver.Join);
        _socket.Dispose();
        _changed.Dispose();
        if (_failure is { } failure) throw new LabException($"the prober of {Target} failed: {failure.Message}", failure);
        lock (_samplesLock) return _report = PingReport.From(_samples, TimeSpan.FromTicks(_latestSend / 100));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_report is null && _failure is null) await StopAsync();
        _socket.Dispose();
    }

    private async Task AwaitLastReplyAsync()
    {
        for (var until = Environment.TickCount64 + (long)LastReplies.TotalMilliseconds; Environment.TickCount64 < until;)
        {
            lock (_samplesLock)
                if (_samples.Count == 0 || _samples[^1].ReceivedAt is not null) return;
            await Task.Delay(5);
        }
    }

    private void Send() => Guarded(() =>
    {
        Native.PreferThisThread();
        Span<byte> message = stackalloc byte[IcmpEcho.Length];
        for (var due = Native.MonotonicNanoseconds(); _sending;)
        {
            due = WaitUntil(due);
            var interval = Interlocked.Read(ref _interval);
            long sequence;
            lock (_samplesLock)
            {
                var now = Native.MonotonicNanoseconds();
                _latestSend = Math.Max(_latestSend, now - due);
                sequence = _forgotten + _samples.Count;
                _samples.Add(new PingSample(now, null, interval));
            }

            IcmpEcho.WriteRequest(message, _identifier, sequence);
            TrySend(message);
            due += interval;
        }
    });

    /// <summary>
    /// Waits for the moment of the next request, to which a changed interval may bring it nearer: then the one before it was
    /// followed sooner than it was meant to be, which is no blackout.
    /// </summary>
    /// <returns>The moment.</returns>
    private long WaitUntil(long due)
    {
        for (var left = due - Native.MonotonicNanoseconds(); left > Coarse && _sending; left = due - Native.MonotonicNanoseconds())
        {
            if (!_changed.WaitOne(TimeSpan.FromTicks(Math.Min(left - Coarse, SendingPoll) / 100))) continue;
            lock (_samplesLock)
            {
                if (_samples.Count == 0) continue;
                var last = _samples[^1];
                due = Math.Max(Native.MonotonicNanoseconds(), last.SentAt + Interlocked.Read(ref _interval));
                _samples[^1] = last with { Wait = due - last.SentAt };
            }
        }

        Native.SleepUntil(due);
        return due;
    }

    /// <summary>A request that cannot leave (no neighbour known, queue full) is lost, as it would be on the wire.</summary>
    private void TrySend(ReadOnlySpan<byte> message)
    {
        try
        {
            _socket.Send(message);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.HostUnreachable
            or SocketError.NetworkUnreachable or SocketError.NoBufferSpaceAvailable or SocketError.WouldBlock
            or SocketError.TimedOut or SocketError.HostDown)
        {
            _lastSendError = exception.SocketErrorCode;
        }
    }

    private SocketError _lastSendError;

    /// <summary>Why the last request that could not be sent was not; for messages.</summary>
    public SocketError LastSendError => _lastSendError;

    private void Receive() => Guarded(() =>
    {
        Native.PreferThisThread();
        Span<byte> packet = stackalloc byte[1500];
        while (_receiving)
        {
            if (ReceiveOne(packet) is not { } length) continue;
            var now = Native.MonotonicNanoseconds();
            if (IcmpEcho.ReadReply(packet[..length], _identifier) is not { } sequence) continue;
            lock (_samplesLock)
            {
                var index = sequence - _forgotten;
                if (index < 0 || index >= _samples.Count || _samples[(int)index].ReceivedAt is not null) continue;
                _samples[(int)index] = _samples[(int)index] with { ReceivedAt = now };
            }

            _firstReply.TrySetResult();
        }
    });

    private int? ReceiveOne(Span<byte> packet)
    {
        try
        {
            return _socket.Receive(packet);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.TimedOut
            or SocketError.WouldBlock or SocketError.HostUnreachable or SocketError.NetworkUnreachable)
        {
            return null;
        }
    }

    private void Guarded(Action body)
    {
        try
        {
            body();
        }
        catch (Exception exception)
        {
            // Rethrown to whoever stops the prober; on a thread of its own it would end the whole program.
            _failure = exception;
        }
    }
}
