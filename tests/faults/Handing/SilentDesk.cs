using System.Net.Sockets;
using HostSwap.Orchestrator.Generations;

namespace HostSwap.Faults.Handing;

/// <summary>Stands where libvirt's hook asks hostctl, and never answers.</summary>
internal sealed class SilentDesk : IAsyncDisposable
{
    private readonly bool _hangs;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _held = [];
    private readonly Task _accepting;

    private SilentDesk(string path, bool hangs)
    {
        _hangs = hangs;
        _listener = Sockets.Listen(path, aside: $"{path}.real");
        _accepting = AcceptAsync();
    }

    /// <summary>How often it was asked.</summary>
    public int Asked { get; private set; }

    /// <summary>Takes the place of hostctl's socket in a generation.</summary>
    /// <param name="generation">The side that the VM goes to.</param>
    /// <param name="hangs">Whether it keeps the connection open; otherwise it closes it at once.</param>
    public static SilentDesk Place(GenerationPaths generation, bool hangs) => new(generation.HookSocket, hangs);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        foreach (var socket in _held) socket.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_stop.Token);
                Asked++;
                if (_hangs) _held.Add(client);
                else client.Dispose();
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }
}
