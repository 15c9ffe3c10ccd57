using System.Collections.Specialized;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HostSwap.UnitTests.Notifying;

/// <summary>An HTTP server that keeps what it gets.</summary>
internal sealed class WebhookServer : IDisposable
{
    private readonly HttpListener _listener = new();

    /// <summary>Starts it.</summary>
    /// <param name="status">What the request of a number, from 0, is answered with.</param>
    public WebhookServer(Func<int, int> status)
        : this(count => Task.FromResult(status(count)))
    {
    }

    /// <summary>The same where the answer takes its time.</summary>
    public WebhookServer(Func<int, Task<int>> status)
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/hook");
        free.Stop();
        _listener.Prefixes.Add($"http://127.0.0.1:{Url.Port}/");
        _listener.Start();
        _ = ServeAsync(status);
    }

    public Uri Url { get; }

    public List<(string Method, NameValueCollection Headers, string Body)> Requests { get; } = [];

    public void Dispose() => ((IDisposable)_listener).Dispose();

    private async Task ServeAsync(Func<int, Task<int>> status)
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = AnswerAsync(context, status);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context, Func<int, Task<int>> status)
    {
        using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(CancellationToken.None);
        int count;
        lock (Requests)
        {
            count = Requests.Count;
            Requests.Add((context.Request.HttpMethod, context.Request.Headers, body));
        }

        context.Response.StatusCode = await status(count);
        if (context.Response.StatusCode == 302)
            context.Response.RedirectLocation = Url.ToString();
        context.Response.Close();
    }
}
