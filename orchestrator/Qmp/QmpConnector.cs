using System.Net.Sockets;
using System.Text.Json.Nodes;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Qmp;

/// <summary>Connects to QMP monitors on UNIX sockets.</summary>
public sealed class QmpConnector(TimeProvider time) : IQmpConnector
{
    /// <summary>A monitor answers within milliseconds; a QEMU that sends the last part of a migration is deaf for a moment.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<IQmpMonitor> ConnectAsync(string socket, string system, CancellationToken cancellationToken)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
        }
        catch (Exception exception)
        {
            connection.Dispose();
            if (exception is SocketException or ArgumentOutOfRangeException)
                throw new AdapterException(system, $"connect to {socket}", exception.Message, exception);
            throw;
        }

        var channel = new QmpChannel(new NetworkStream(connection, ownsSocket: true), system, Limit, time);
        try
        {
            var greeting = await channel.ReadAsync("its greeting", cancellationToken);
            if (greeting["QMP"] is not JsonObject)
                throw new AdapterException(system, "greeting", $"not QMP: {greeting.ToJsonString()}");
            await channel.ExecuteAsync("qmp_capabilities", arguments: null, cancellationToken);
            return new QmpMonitor(channel, system);
        }
        catch
        {
            await channel.DisposeAsync();
            throw;
        }
    }
}
