using System.Buffers.Binary;
using System.Net.Sockets;
using HostSwap.Lab;
using HostSwap.Orchestrator.Generations;

namespace HostSwap.Faults.Handing;

/// <summary>A moment of a migration: a message between the two libvirts, which the one that sends the VM calls by.</summary>
internal enum TapMoment
{
    /// <summary>The receiving side is asked to make ready.</summary>
    PrepareCalled,

    /// <summary>The receiving QEMU waits, its hook has been asked; nothing has been sent.</summary>
    PrepareAnswered,

    /// <summary>All of the guest has been sent, and the receiving side is asked to take it over.</summary>
    FinishCalled,

    /// <summary>The receiving side has taken it over; the sending one ends its own once it hears so.</summary>
    FinishAnswered,
}

/// <summary>What becomes of that message.</summary>
internal enum TapOrder
{
    /// <summary>The fault happens, and the message is lost with its connection.</summary>
    ActAndLose,

    /// <summary>The fault happens, then the message goes on.</summary>
    ActThenPass,

    /// <summary>The message goes on, then the fault happens.</summary>
    PassThenAct,
}

/// <summary>
/// Stands between the libvirt of one generation and those who call it, and makes a fault happen at one message of a
/// migration: not about that instant, but at it. Everything else passes as it is.
/// <para>libvirt's messages: length in all, program, version, procedure, type, serial, status, each four bytes, big-endian
/// (<c>rpc/virnetprotocol.x</c>); procedures by their numbers in <c>remote/remote_protocol.x</c>.</para>
/// </summary>
internal sealed class MigrationTap : IAsyncDisposable
{
    private const int HeaderBytes = 28;
    private const uint RemoteProgram = 0x20008086;
    private const uint Prepare = 303;
    private const uint Finish = 306;
    private const uint Call = 0;
    private const uint Reply = 1;
    private const int LongestMessage = 64 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly string _path;
    private readonly string _real;
    private readonly (uint Procedure, uint Type) _message;
    private readonly TapOrder _order;
    private readonly Action _act;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepting;
    private int _acted;
    private int _placed = 1;

    private MigrationTap(string path, TapMoment moment, TapOrder order, Action act)
    {
        (_path, _real, _order, _act) = (path, $"{path}.real", order, act);
        _message = (
            moment is TapMoment.PrepareCalled or TapMoment.PrepareAnswered ? Prepare : Finish,
            moment is TapMoment.PrepareCalled or TapMoment.FinishCalled ? Call : Reply);
        _listener = Sockets.Listen(_path, aside: _real);
        _accepting = AcceptAsync();
    }

    /// <summary>Takes the place of a generation's libvirt, which runs; whoever is connected to it already does not notice.</summary>
    /// <param name="generation">The side that the VM goes to.</param>
    /// <param name="moment">When.</param>
    /// <param name="order">What becomes of the message.</param>
    /// <param name="act">The fault.</param>
    public static MigrationTap Place(GenerationPaths generation, TapMoment moment, TapOrder order, Action act) =>
        new(Path.Join(generation.LibvirtDirectory, "libvirt-sock"), moment, order, act);

    /// <summary>Waits until the fault has happened; from then on new connections go past the tap.</summary>
    /// <exception cref="LabException">It did not within two minutes.</exception>
    public async Task ReachedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _reached.Task.WaitAsync(Limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new LabException($"the migration did not come to procedure {_message.Procedure}, type {_message.Type}, within {Limit.TotalMinutes:0} min");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        StepAside();
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    /// <summary>The name leads to libvirt's own socket again, which has listened all the time.</summary>
    private void StepAside()
    {
        if (Interlocked.Exchange(ref _placed, 0) == 1)
            File.Move(_real, _path, overwrite: true);
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_stop.Token);
                connections.Add(ServeAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (client)
        {
            try
            {
                await server.ConnectAsync(new UnixDomainSocketEndPoint(File.Exists(_real) ? _real : _path), _stop.Token);
                await Task.WhenAny(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // Whoever called sees its connection end, as without the tap.
            }
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        await using var source = new NetworkStream(from, ownsSocket: false);
        await using var sink = new NetworkStream(to, ownsSocket: false);
        try
        {
            while (await ReadAsync(source) is { } message)
            {
                if (!IsAwaited(message))
                {
                    await sink.WriteAsync(message, _stop.Token);
                    continue;
                }

                if (_order == TapOrder.PassThenAct) await sink.WriteAsync(message, _stop.Token);
                StepAside();
                _act();
                _reached.TrySetResult();
                if (_order == TapOrder.ActAndLose) return;
                if (_order == TapOrder.ActThenPass) await sink.WriteAsync(message, _stop.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One of both sides has closed the connection; the other one is closed with it.
        }
    }

    private async Task<byte[]?> ReadAsync(NetworkStream stream)
    {
        var length = new byte[sizeof(uint)];
        if (await stream.ReadAtLeastAsync(length, length.Length, throwOnEndOfStream: false, _stop.Token) < length.Length) return null;
        var bytes = BinaryPrimitives.ReadUInt32BigEndian(length);
        if (bytes is < HeaderBytes or > LongestMessage) throw new IOException($"a message of {bytes} bytes");
        var message = new byte[bytes];
        length.CopyTo(message, 0);
        await stream.ReadExactlyAsync(message.AsMemory(length.Length), _stop.Token);
        return message;
    }

    private bool IsAwaited(byte[] message) =>
        Word(message, 1) == RemoteProgram && (Word(message, 3), Word(message, 4)) == _message && Interlocked.Exchange(ref _acted, 1) == 0;

    private static uint Word(byte[] message, int index) => BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(index * sizeof(uint)));
}
