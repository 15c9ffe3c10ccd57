using System.Net;
using System.Net.Sockets;

namespace HostSwap.IntegrationTests.Support;

/// <summary>A cable to a server that can be pulled: connections stay, and nothing goes through any more, as in a network that is parted.</summary>
internal sealed class Cable : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _server;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _flows = [];
    private volatile bool _pulled;

    /// <summary>Lays it.</summary>
    public Cable(Uri server)
    {
        _server = new IPEndPoint(IPAddress.Parse(server.Host), server.Port);
        _listener.Start();
        Endpoint = new Uri($"{server.Scheme}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _flows.Add(AcceptAsync());
    }

    /// <summary>Its near end.</summary>
    public Uri Endpoint { get; }

    /// <summary>Pulls it.</summary>
    public void Pull() => _pulled = true;

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Task[] flows;
        lock (_flows) flows = [.. _flows];
        await Task.WhenAll(flows);
        _end.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptTcpClientAsync(_end.Token);
                lock (_flows) _flows.Add(ServeAsync(near));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // Its end.
        }
    }

    private async Task ServeAsync(TcpClient near)
    {
        using var far = new TcpClient();
        using (near)
        {
            try
            {
                await far.ConnectAsync(_server, _end.Token);
                await Task.WhenAny(CarryAsync(near.GetStream(), far.GetStream()), CarryAsync(far.GetStream(), near.GetStream()));
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException)
            {
                // One side has closed it.
            }
        }
    }

    private async Task CarryAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[4096];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var count)
        {
            if (_pulled)
                await Task.Delay(Timeout.InfiniteTimeSpan, _end.Token);
            await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
        }
    }
}
