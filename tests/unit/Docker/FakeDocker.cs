using System.Net.Sockets;
using System.Text;

namespace HostSwap.UnitTests.Docker;

/// <summary>
/// As much of Docker's HTTP as the tests need, on a real UNIX socket that can vanish and come back. Each connection carries
/// one request.
/// </summary>
internal sealed class FakeDocker : IAsyncDisposable
{
    private readonly string _path;
    private readonly Func<string, Answer> _handler;
    private readonly CancellationTokenSource _ended = new();
    private Socket? _listener;
    private Task _serving = Task.CompletedTask;

    /// <summary>Makes it; it does not listen before <see cref="Start"/>.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="handler">Gets method and path without the API version, as in <c>GET /containers/web/json</c>.</param>
    public FakeDocker(string path, Func<string, Answer> handler)
    {
        _path = path;
        _handler = handler;
    }

    public Uri Endpoint => new($"unix://{_path}");

    /// <summary>What was asked, but for the version.</summary>
    public List<string> Requests { get; } = [];

    public void Start()
    {
        File.Delete(_path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_path));
        listener.Listen();
        _listener = listener;
        _serving = ServeAsync(listener);
    }

    /// <summary>Refuses from now on, as a socket does whose owner has died.</summary>
    public void Stop() => _listener?.Dispose();

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        Stop();
        await _serving;
        _ended.Dispose();
    }

    private async Task ServeAsync(Socket listener)
    {
        while (true)
        {
            Socket connection;
            try
            {
                connection = await listener.AcceptAsync(_ended.Token);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return; // It was stopped.
            }

            using (connection)
            {
                try
                {
                    await AnswerAsync(connection);
                }
                catch (SocketException)
                {
                    // The client has gone, as one that was cancelled does.
                }
            }
        }
    }

    private async Task AnswerAsync(Socket connection)
    {
        var head = await ReadHeadAsync(connection);
        if (head.Length == 0)
            return;
        var words = head.Split(' ');
        var path = words[1].StartsWith("/v1.", StringComparison.Ordinal) ? words[1][words[1].IndexOf('/', 1)..] : words[1];
        var answer = new Answer(200, """{"Version":"29.0","ApiVersion":"1.52","MinAPIVersion":"1.41"}""");
        if (!path.StartsWith("/version", StringComparison.Ordinal))
        {
            lock (Requests)
                Requests.Add($"{words[0]} {path}");
            answer = _handler($"{words[0]} {path}");
        }

        if (answer.Status == 0)
            return;
        var body = Encoding.UTF8.GetBytes(answer.Body);
        // 204 and 304 have no body, not even an empty one.
        var length = answer.Status is 204 or 304 ? "" : $"Content-Length: {body.Length}\r\n";
        await connection.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer.Status} X\r\nContent-Type: application/json\r\nConnection: close\r\n{length}\r\n"));
        await connection.SendAsync(body);
    }

    /// <summary>Reads a request with its body and returns its first line.</summary>
    private static async Task<string> ReadHeadAsync(Socket connection)
    {
        var text = new StringBuilder();
        var buffer = new byte[8192];
        while (true)
        {
            var read = await connection.ReceiveAsync(buffer);
            if (read == 0)
                return "";
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            var all = text.ToString();
            var end = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
                continue;
            var chunked = all.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
            var length = all.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
            var wanted = length is null ? 0 : int.Parse(length.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
            if (chunked ? all.EndsWith("0\r\n\r\n", StringComparison.Ordinal) : all.Length >= end + 4 + wanted)
                return all[..all.IndexOf("\r\n", StringComparison.Ordinal)];
        }
    }

    /// <summary>An answer.</summary>
    /// <param name="Status">The HTTP status; 0 closes the connection without one.</param>
    /// <param name="Body">The JSON.</param>
    public sealed record Answer(int Status, string Body = "{}");
}
