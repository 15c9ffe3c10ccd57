using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Tracing;

namespace HostSwap.Orchestrator.Qmp;

/// <summary>
/// Commands and answers on one connection, one after the other (QEMU's <c>qmp-spec</c>): each is a JSON object in a line of
/// its own. Events that come in between are passed over; whoever needs one waits for it before anything is asked.
/// </summary>
internal sealed class QmpChannel(Stream stream, string system, TimeSpan limit, TimeProvider time) : IAsyncDisposable
{
    /// <summary>What a QEMU that has gone mad may send without an end of line.</summary>
    private const int LongestLine = 1 << 20;

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly byte[] _buffer = new byte[16384];
    private readonly MemoryStream _line = new();
    private int _from;
    private int _to;
    private int _id;

    /// <summary>Carries out a command.</summary>
    /// <returns>What it returned.</returns>
    public async Task<JsonNode> ExecuteAsync(string command, JsonObject? arguments, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        using var span = OutsideCalls.Begin(system, command);
        try
        {
            var id = (++_id).ToString(CultureInfo.InvariantCulture);
            var request = new JsonObject { ["execute"] = command, ["id"] = id };
            if (arguments is not null)
                request["arguments"] = arguments;
            await WithinLimitAsync(
                $"QEMU to take '{command}'",
                async token =>
                {
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), token);
                    return true;
                },
                cancellationToken);

            while (true)
            {
                var answer = await ReadAsync($"an answer to '{command}'", cancellationToken);
                // An answer that comes after its caller has given up has another id.
                if (!string.Equals(answer["id"]?.GetValue<string>(), id, StringComparison.Ordinal))
                    continue;
                if (answer["return"] is { } result)
                    return result;
                throw new AdapterException(system, command, answer["error"]?["desc"]?.GetValue<string>() ?? answer.ToJsonString());
            }
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Waits for an event, without limit; commands wait for the end of that.</summary>
    public async Task WaitForEventAsync(string name, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            while (!string.Equals(Parse(await ReadLineAsync(cancellationToken), name)["event"]?.GetValue<string>(), name, StringComparison.Ordinal))
            {
                // What else it tells is not what is waited for.
            }
        }
        catch (IOException exception)
        {
            throw new AdapterException(system, name, exception.Message, exception);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Reads the next object.</summary>
    public Task<JsonObject> ReadAsync(string awaited, CancellationToken cancellationToken) => WithinLimitAsync(
        $"QEMU to send {awaited}",
        async token => Parse(await ReadLineAsync(token), awaited),
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await _line.DisposeAsync();
        _one.Dispose();
    }

    private JsonObject Parse(byte[] line, string awaited)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject ?? throw new AdapterException(system, awaited, "not a JSON object");
        }
        catch (JsonException exception)
        {
            throw new AdapterException(system, awaited, $"not JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Where a wait ended in mid-line, the next one goes on with it.</summary>
    private async Task<byte[]> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = Array.IndexOf(_buffer, (byte)'\n', _from, _to - _from);
            if (end >= 0)
            {
                _line.Write(_buffer, _from, end - _from);
                _from = end + 1;
                var line = _line.ToArray();
                _line.SetLength(0);
                return line;
            }

            _line.Write(_buffer, _from, _to - _from);
            (_from, _to) = (0, 0);
            if (_line.Length > LongestLine)
                throw new AdapterException(system, "read", "a line of its monitor is longer than 1 MiB");
            _to = await stream.ReadAsync(_buffer, cancellationToken);
            if (_to == 0)
                throw new AdapterException(system, "read", "it closed the connection");
        }
    }

    private async Task<T> WithinLimitAsync<T>(string awaited, Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await action(either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DeadlineException($"{awaited} ({system})", limit, "nothing");
        }
        catch (IOException exception)
        {
            throw new AdapterException(system, awaited, exception.Message, exception);
        }
    }
}
