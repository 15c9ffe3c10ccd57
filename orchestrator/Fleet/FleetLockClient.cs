using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Fleet;

/// <summary>
/// Slots at a lock manager that speaks the FleetLock protocol (zincati's, which airlock and others serve). It knows no end by
/// itself: a slot whose holder has died stays its holder's, who may take it again, until it is given back. So it cannot be lost
/// either.
/// </summary>
internal sealed class FleetLockClient(FleetSettings settings, Func<string> member, TimeProvider time) : IFleetLock
{
    private const string Take = "v1/pre-reboot";
    private const string GiveBack = "v1/steady-state";
    private const int MostAnswer = 16 * 1024;
    private const int MostShown = 300;

    /// <inheritdoc/>
    public Task<IFleetSlot> AcquireAsync(CancellationToken cancellationToken) => FleetWait.RunAsync(
        settings.Wait,
        time,
        async () =>
        {
            var name = member();
            await AskAsync(Take, name, cancellationToken);
            return new Slot(this, name, $"slot of {name} in group {settings.Group} at {settings.Endpoints[0].Authority}");
        },
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>The protocol has no question for it.</remarks>
    public Task<FleetStatus> GetStatusAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new FleetStatus(FleetService.FleetLock, settings.Group, Limit: null, member(), Holders: null));

    /// <summary>Asks one manager after the other until one answers.</summary>
    /// <exception cref="FleetBusyException">It says no.</exception>
    /// <exception cref="EnvironmentException">None can be asked, or one does not understand.</exception>
    private async Task AskAsync(string what, string name, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(FleetTls.MakeHandler(settings), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        var faults = new StringBuilder();
        foreach (var endpoint in settings.Endpoints)
        {
            using var deadline = new CancellationTokenSource(settings.Deadline, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                using var request = Describe(endpoint, what, name);
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
                if (response.StatusCode == HttpStatusCode.OK)
                    return;
                throw Refusal(endpoint, response.StatusCode, await ReadAsync(response, either.Token));
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                faults.Append(CultureInfo.InvariantCulture, $"{(faults.Length > 0 ? "; " : "")}{endpoint.Authority}: {exception.Message}");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                faults.Append(CultureInfo.InvariantCulture, $"{(faults.Length > 0 ? "; " : "")}{endpoint.Authority}: no answer within {settings.Deadline.TotalSeconds:0.#} s");
            }
        }

        throw new EnvironmentException($"the lock manager cannot be asked: {faults}", "See that it runs and can be reached from here. Nothing is swapped without its word.");
    }

    private HttpRequestMessage Describe(Uri endpoint, string what, string name)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new FleetLockRequest(new FleetLockParameters(name, settings.Group)), FleetLockJson.Default.FleetLockRequest);
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/{what}")) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("fleet-lock-protocol", "true");
        return request;
    }

    /// <summary>
    /// A manager that says no in the protocol's words has been asked: airlock answers 500 where every slot is taken. What is wrong
    /// with the question itself is no reason to ask again.
    /// </summary>
    private HostSwapException Refusal(Uri endpoint, HttpStatusCode status, string text)
    {
        var error = ParseError(text);
        var said = string.Create(CultureInfo.InvariantCulture, $"{endpoint.Authority} answered {(int)status}");
        if (error is { Kind: not null, Value: not null })
            said = $"{said}, {Cut(error.Kind)}: {Cut(error.Value)}";
        return error is not { Kind: not null, Value: not null } || status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound
            ? new EnvironmentException($"the lock manager cannot be asked: {said}", "See that fleet.endpoints has the base address of a FleetLock manager that knows fleet.group. Nothing is swapped without its word.")
            : new FleetBusyException($"group {settings.Group}: the lock manager gives no slot: {said}");
    }

    private static FleetLockError? ParseError(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, FleetLockJson.Default.FleetLockError);
        }
        catch (JsonException)
        {
            // Some other program's page.
            return null;
        }
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MostAnswer];
        return Encoding.UTF8.GetString(buffer, 0, await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken));
    }

    private static string Cut(string text) => text.Length <= MostShown ? text : text[..MostShown] + "…";

    private sealed class Slot(FleetLockClient manager, string name, string description) : IFleetSlot
    {
        public CancellationToken Lost => CancellationToken.None;

        public string Description => description;

        public string? NotReleased { get; private set; }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await manager.AskAsync(GiveBack, name, CancellationToken.None);
            }
            catch (HostSwapException exception)
            {
                NotReleased = $"{description} is still taken, until this server takes it again and gives it back, or somebody ends it at the lock manager: {exception.Message}";
            }
        }
    }
}

/// <summary>The body of a question.</summary>
internal sealed record FleetLockRequest([property: JsonPropertyName("client_params")] FleetLockParameters Parameters);

/// <summary>Who asks.</summary>
internal sealed record FleetLockParameters([property: JsonPropertyName("id")] string Id, [property: JsonPropertyName("group")] string Group);

/// <summary>The body of an answer that says no.</summary>
internal sealed record FleetLockError([property: JsonPropertyName("kind")] string? Kind, [property: JsonPropertyName("value")] string? Value);

/// <summary>JSON of the protocol.</summary>
[JsonSerializable(typeof(FleetLockRequest))]
[JsonSerializable(typeof(FleetLockError))]
internal sealed partial class FleetLockJson : JsonSerializerContext;
