using System.Buffers.Binary;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Probing;

/// <summary>A frame that came out of a host container.</summary>
/// <param name="At">When, in nanoseconds of the monotonic clock.</param>
/// <param name="Port">Index of the outer interface that it came in by: of one container, one port of the outer bridge.</param>
/// <param name="EtherType">Its type.</param>
public sealed record SeenFrame(long At, int Port, ushort EtherType);

/// <summary>
/// Sees every frame that a MAC address sends, with the port of the outer bridge by which it comes, as the switch sees it
/// (packet(7)). Needs the right to open raw sockets.
/// </summary>
public sealed class FrameWatch : IAsyncDisposable
{
    /// <summary>What QEMU announces a guest by when it has moved (RARP, RFC 903).</summary>
    public const ushort Rarp = 0x8035;

    private const int AllProtocols = 3; // ETH_P_ALL
    private const int Outgoing = 4; // PACKET_OUTGOING

    private readonly Socket _socket = new(AddressFamily.Packet, SocketType.Raw, (ProtocolType)BinaryPrimitives.ReverseEndianness((ushort)AllProtocols))
    {
        ReceiveBufferSize = 4 << 20,
    };

    private readonly byte[] _address;
    private readonly IReadOnlySet<int> _ports;
    private readonly Thread _watcher;
    private readonly Lock _lock = new();
    private readonly List<SeenFrame> _frames = [];
    private volatile bool _watching = true;
    private volatile Exception? _failure;

    private FrameWatch(PhysicalAddress address, IReadOnlySet<int> ports)
    {
        _address = address.GetAddressBytes();
        _ports = ports;
        _watcher = new Thread(Watch) { IsBackground = true, Name = $"frames of {address}" };
    }

    /// <summary>Begins to watch.</summary>
    /// <param name="address">Whose frames.</param>
    /// <param name="notFrom">Interfaces to leave out: the outer bridge itself sees each frame a second time.</param>
    public static FrameWatch Start(PhysicalAddress address, params IReadOnlyList<int> notFrom)
    {
        var watch = new FrameWatch(address, notFrom.ToHashSet());
        watch._watcher.Start();
        return watch;
    }

    /// <summary>Stops, and says what was seen, in order.</summary>
    public async Task<IReadOnlyList<SeenFrame>> StopAsync()
    {
        _watching = false;
        await Task.Run(_watcher.Join);
        if (_failure is { } failure) throw new LabException($"watching frames failed: {failure.Message}", failure);
        lock (_lock) return [.. _frames];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watching = false;
        await Task.Run(_watcher.Join);
        _socket.Dispose();
    }

    private void Watch()
    {
        try
        {
            Native.PreferThisThread();
            var frame = new byte[2048];
            while (_watching)
            {
                // .NET takes no address of such a socket.
                if (!_socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectRead)
                    || Native.TryReceiveFrame(_socket.SafeHandle, frame) is not ( >= 14, var port, var kind)
                    || !frame.AsSpan(6, 6).SequenceEqual(_address))
                    continue;
                if (kind == Outgoing || _ports.Contains(port)) continue;
                lock (_lock) _frames.Add(new SeenFrame(Native.MonotonicNanoseconds(), port, BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12))));
            }
        }
        catch (Exception exception)
        {
            // Told to whoever stops it; on a thread of its own it would end the whole program.
            _failure = exception;
        }
    }
}
