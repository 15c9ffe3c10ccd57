using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HostSwap.Lab.Hosts;

/// <summary>Asks a QEMU by its QMP socket on the outer host, past hostctl and libvirt.</summary>
public static class QmpClient
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Connects, sends one command, and returns what it answered.</summary>
    public static async Task<JsonElement> AskAsync(string socket, string command, CancellationToken cancellationToken, JsonObject? arguments = null)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Limit);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), deadline.Token);
        await using var stream = new NetworkStream(client);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await ReadAsync(reader, "QMP", deadline.Token);
        var request = new JsonObject { ["execute"] = command };
        if (arguments is not null) request["arguments"] = arguments;
        foreach (var each in new[] { new JsonObject { ["execute"] = "qmp_capabilities" }, request })
            await stream.WriteAsync(Encoding.UTF8.GetBytes(each.ToJsonString() + "\n"), deadline.Token);
        await ReadAsync(reader, "return", deadline.Token);
        return await ReadAsync(reader, "return", deadline.Token);
    }

    /// <summary>Events of the guest may come between.</summary>
    private static async Task<JsonElement> ReadAsync(StreamReader reader, string member, CancellationToken cancellationToken)
    {
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty(member, out var value)) return value.Clone();
            if (document.RootElement.TryGetProperty("error", out var error)) throw new LabException($"QMP: {error}");
        }

        throw new LabException("QMP: the socket was closed");
    }
}
