using System.Net;
using System.Net.Sockets;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Metrics;

/// <summary>Serves metrics over HTTP to whoever reaches its address: it has no secrets, and asks nobody who he is.</summary>
public sealed class MetricsServer : IDisposable
{
    /// <summary>How long one page may take with all who wait before.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly HttpListener _listener = new();
    private readonly Func<CancellationToken, Task<byte[]>> _make;
    private readonly Action<string> _warn;
    private readonly TimeProvider _time;

    // Pages are made one after the other: each asks Docker and every generation.
    private readonly SemaphoreSlim _making = new(1);

    /// <summary>Begins to listen.</summary>
    /// <param name="address">Where.</param>
    /// <param name="make">Makes a page; what it throws is told the one who asked, and <paramref name="warn"/>.</param>
    /// <param name="warn">Is told of what goes wrong.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="EnvironmentException">It cannot listen there.</exception>
    public MetricsServer(IPEndPoint address, Func<CancellationToken, Task<byte[]>> make, Action<string> warn, TimeProvider time)
    {
        (_make, _warn, _time) = (make, warn, time);
        // A request that names another host is refused: a page of a browser cannot ask under a name of its own.
        var host = address.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any) ? "*" : new IPEndPoint(address.Address, 0).ToString()[..^2];
        _listener.Prefixes.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"http://{host}:{address.Port}/"));
        try
        {
            _listener.Start();
        }
        catch (Exception exception) when (exception is HttpListenerException or SocketException)
        {
            throw new EnvironmentException($"metrics cannot be served at {address}: {exception.Message}", "Choose an address of this machine, and a port that nobody has.", exception);
        }
    }

    /// <summary>Serves until it is told to end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var end = cancellationToken.Register(_listener.Stop);
        List<Task> answers = [];
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                answers.RemoveAll(static answer => answer.IsCompleted);
                answers.Add(AnswerAsync(context, cancellationToken));
            }
            catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is HttpListenerException or ObjectDisposedException)
            {
                // It was stopped.
            }
        }

        await Task.WhenAll(answers);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable)_listener).Dispose();
        _making.Dispose();
    }

    private async Task AnswerAsync(HttpListenerContext context, CancellationToken cancellationToken)
    {
        var (status, type, body) = (context.Request.HttpMethod, context.Request.Url?.AbsolutePath) switch
        {
            ("GET", "/metrics") => await MakeAsync(cancellationToken),
            ("GET", "/") => (200, "text/plain", "HostSwap's metrics are at /metrics.\n"u8.ToArray()),
            ("GET", _) => (404, "text/plain", "There is only /metrics.\n"u8.ToArray()),
            _ => (405, "text/plain", "Only GET is understood.\n"u8.ToArray()),
        };
        try
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = type;
            context.Response.Close(body, willBlock: false);
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // Whoever asked has gone.
        }
    }

    private async Task<(int Status, string Type, byte[] Body)> MakeAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Deadline, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await _making.WaitAsync(either.Token);
            try
            {
                return (200, MetricsPage.ContentType, await _make(either.Token));
            }
            finally
            {
                _making.Release();
            }
        }
        catch (Exception exception) when (exception is HostSwapException or OperationCanceledException)
        {
            if (!cancellationToken.IsCancellationRequested)
                _warn($"metrics could not be read: {exception.Message}");
            return (503, "text/plain", "What metrics are made from cannot be read; see the log.\n"u8.ToArray());
        }
    }
}
