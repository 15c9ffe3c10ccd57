using System.Collections.Specialized;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HostSwap.UnitTests.Support;

/// <summary>A request that a <see cref="LocalWebServer"/> has got.</summary>
internal sealed record WebRequestSeen(string Method, string Path, NameValueCollection Headers, string Body);

/// <summary>An HTTP server of this machine that keeps what it gets.</summary>
internal sealed class LocalWebServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<WebRequestSeen, Task<(int Status, string Body)>> _answer;

    /// <summary>Starts it.</summary>
    /// <param name="answer">Answers a request, which is among <see cref="Requests"/> by then.</param>
    public LocalWebServer(Func<WebRequestSeen, Task<(int Status, string Body)>> answer)
    {
        _answer = answer;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Url = new Uri($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/hook");
        }

        _listener.Prefixes.Add($"http://127.0.0.1:{Url.Port}/");
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>One of its addresses.</summary>
    public Uri Url { get; }

    /// <summary>What it got.</summary>
    public List<WebRequestSeen> Requests { get; } = [];

    /// <summary>One that answers the request of each number, from 0, with a status.</summary>
    public static LocalWebServer OfStatus(Func<int, int> status)
    {
        LocalWebServer? server = null;
        return server = new LocalWebServer(_ => Task.FromResult((status(server!.Requests.Count - 1), "")));
    }

    public void Dispose() => ((IDisposable)_listener).Dispose();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                _ = AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
        var seen = new WebRequestSeen(context.Request.HttpMethod, context.Request.Url!.AbsolutePath, context.Request.Headers, await reader.ReadToEndAsync(CancellationToken.None));
        lock (Requests)
            Requests.Add(seen);
        var (status, body) = await _answer(seen);
        context.Response.StatusCode = status;
        if (status is >= 300 and < 400)
            context.Response.RedirectLocation = Url.ToString();
        try
        {
            context.Response.Close(Encoding.UTF8.GetBytes(body), willBlock: false);
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // Whoever asked has gone.
        }
    }
}
