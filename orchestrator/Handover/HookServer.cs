using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Xml;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Handover;

/// <summary>
/// Answers the qemu hook of one generation's libvirt (libvirt's "Hooks for specific system management"), which asks at two
/// moments in the start of every domain. One that no ticket is for may always go on. The hook's side of this is
/// <c>images/host/rootfs/etc/libvirt/hooks/qemu.d/hostswap</c>: it sends the moment in a line, then the domain's XML, ends
/// its sending, and takes <c>ok</c> for yes and <c>refused: REASON</c> for no.
/// </summary>
internal sealed class HookServer : IHandoverDesk
{
    /// <summary>How a refusal begins: everything else that the hook hears is no word of hostctl's, such as of a broken pipe.</summary>
    private const string Refused = "refused: ";

    private const int LargestRequest = 4 << 20;
    private const UnixFileMode RootOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Less than the hook's own, so that what it is told is never older than what it still waits for.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<Guid, IHandoverTicket> _tickets = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _path;
    private readonly Socket _socket;
    private readonly Action<string> _notice;
    private readonly Task _accepting;

    private HookServer(string path, Socket socket, Action<string> notice)
    {
        (_path, _socket, _notice) = (path, socket, notice);
        _accepting = AcceptAsync();
    }

    /// <summary>Listens, in place of one that has died.</summary>
    /// <param name="path">The socket, which the generation sees.</param>
    /// <param name="notice">Is told what a person may want to know.</param>
    /// <exception cref="EnvironmentException">The socket cannot be made.</exception>
    public static HookServer Listen(string path, Action<string> notice)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, RootOnly);
            socket.Listen(64);
            return new HookServer(path, socket, notice);
        }
        catch (Exception exception) when (exception is SocketException or IOException or ArgumentException)
        {
            socket.Dispose();
            throw new EnvironmentException($"the socket {path} cannot be made: {exception.Message}", "Look at the directory's permissions and the path's length.", exception);
        }
    }

    /// <inheritdoc/>
    public void Expect(IHandoverTicket ticket) => _tickets[ticket.Uuid] = ticket;

    /// <inheritdoc/>
    public void Forget(Guid uuid) => _tickets.TryRemove(uuid, out _);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _socket.Dispose();
        File.Delete(_path);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _socket.AcceptAsync(_stop.Token);
                serving.RemoveAll(static task => task.IsCompleted);
                serving.Add(ServeAsync(client));
            }
        }
        catch (Exception exception) when (_stop.IsCancellationRequested && exception is (OperationCanceledException or SocketException or ObjectDisposedException))
        {
            // A caller that comes just then makes the call end in another way than by being cancelled.
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        deadline.CancelAfter(Limit);
        await using var stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            var answer = await AnswerAsync(await ReadAsync(stream, deadline.Token), deadline.Token);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer is null ? "ok" : Refused + answer), deadline.Token);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or XmlException or HostSwapException)
        {
            // A connection that ends without an answer is a refusal to the hook, where it matters.
            _notice($"a question of libvirt's hook was not answered: {exception.Message}");
        }
    }

    private static async Task<string> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var request = new MemoryStream();
        var buffer = new byte[65536];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (request.Length + count > LargestRequest)
                throw new IOException("it is larger than 4 MiB");
            request.Write(buffer, 0, count);
        }

        return Encoding.UTF8.GetString(request.GetBuffer(), 0, (int)request.Length);
    }

    private async Task<string?> AnswerAsync(string request, CancellationToken cancellationToken)
    {
        var end = request.IndexOf('\n', StringComparison.Ordinal);
        if (end < 0)
            return "the question has no domain";

        var domain = DomainXmlReader.Parse(request[(end + 1)..]);
        if (!Guid.TryParse(domain.Element("uuid")?.Value, out var uuid) || !_tickets.TryGetValue(uuid, out var ticket))
            return null;
        if (!int.TryParse(domain.Attribute("id")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return "the domain has no id yet";
        return request[..end] switch
        {
            "start" => ticket.OnStart(id),
            "started" => await ticket.OnStartedAsync(id, cancellationToken),
            var moment => $"'{moment}' is no moment that is asked about",
        };
    }
}
