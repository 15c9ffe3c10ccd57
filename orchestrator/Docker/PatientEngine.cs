using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using HostSwap.Orchestrator.Errors;
using Polly;
using Polly.Retry;

namespace HostSwap.Orchestrator.Docker;

/// <summary>
/// An engine for those who change something: it rides out a restart of Docker, with which every call in flight fails and
/// every further one is refused until Docker is back. Such calls are repeated; each is about a wanted state, so that a
/// repetition does no harm where the first was carried out and only its answer lost.
/// </summary>
/// <remarks>
/// An engine that has not answered before is not waited for: nothing has been begun that would be worth it, and the
/// operator is told at once that Docker is down.
/// </remarks>
/// <param name="engine">The engine, which stays its owner's.</param>
/// <param name="time">The clock.</param>
public sealed class PatientEngine(IContainerEngine engine, TimeProvider time) : IContainerEngine
{
    /// <summary>How long a call is repeated. A restart takes Docker some seconds, more with many containers.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Pause between two tries.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private volatile bool _hasAnswered;

    /// <inheritdoc/>
    public Task<EngineDescription> DescribeAsync(CancellationToken cancellationToken) =>
        AskAsync("describe the engine", engine.DescribeAsync, cancellationToken);

    /// <inheritdoc/>
    public Task<ImageDescription?> FindImageAsync(string reference, CancellationToken cancellationToken) =>
        AskAsync($"inspect image {reference}", token => engine.FindImageAsync(reference, token), cancellationToken);

    /// <inheritdoc/>
    public Task<ContainerDescription?> FindContainerAsync(string name, CancellationToken cancellationToken) =>
        AskAsync($"inspect container {name}", token => engine.FindContainerAsync(name, token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ContainerDescription>> ListContainersAsync(string label, string value, CancellationToken cancellationToken) =>
        AskAsync("list containers", token => engine.ListContainersAsync(label, value, token), cancellationToken);

    /// <inheritdoc/>
    public Task CreateContainerAsync(HostContainerSpec spec, CancellationToken cancellationToken) =>
        MakeAsync(
            $"create container {spec.Name}",
            token => engine.CreateContainerAsync(spec, token),
            async token => await engine.FindContainerAsync(spec.Name, token) is { } there && spec.Labels.All(there.Labels.Contains),
            cancellationToken);

    /// <inheritdoc/>
    public Task ConnectNetworkAsync(string container, string network, CancellationToken cancellationToken) =>
        DoAsync($"connect {container} to network {network}", token => engine.ConnectNetworkAsync(container, network, token), cancellationToken);

    /// <inheritdoc/>
    public Task StartContainerAsync(string name, CancellationToken cancellationToken) =>
        DoAsync($"start container {name}", token => engine.StartContainerAsync(name, token), cancellationToken);

    /// <inheritdoc/>
    public Task StopContainerAsync(string name, TimeSpan limit, CancellationToken cancellationToken) =>
        DoAsync($"stop container {name}", token => engine.StopContainerAsync(name, limit, token), cancellationToken);

    /// <inheritdoc/>
    public Task RemoveContainerAsync(string name, CancellationToken cancellationToken) =>
        DoAsync($"remove container {name}", token => engine.RemoveContainerAsync(name, token), cancellationToken);

    /// <inheritdoc/>
    public Task SetRestartAsync(string name, bool restart, CancellationToken cancellationToken) =>
        DoAsync($"update restart policy of {name}", token => engine.SetRestartAsync(name, restart, token), cancellationToken);

    /// <summary>Not repeated: whether a command may be run twice only its caller knows.</summary>
    public Task<CommandOutcome> ExecuteAsync(
        string name, IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancellationToken, string? input = null) =>
        engine.ExecuteAsync(name, command, limit, cancellationToken, input);

    /// <inheritdoc/>
    public Task<NetworkDescription?> FindNetworkAsync(string name, CancellationToken cancellationToken) =>
        AskAsync("list networks", token => engine.FindNetworkAsync(name, token), cancellationToken);

    /// <inheritdoc/>
    public Task CreateNetworkAsync(NetworkSpec spec, CancellationToken cancellationToken) =>
        MakeAsync(
            $"create network {spec.Name}",
            token => engine.CreateNetworkAsync(spec, token),
            async token => await engine.FindNetworkAsync(spec.Name, token) is { } there && new[] { spec.Subnet, spec.Subnet6 }.OfType<string>().All(subnet => there.Subnets.Contains(subnet, StringComparer.Ordinal)),
            cancellationToken);

    /// <summary>Nothing: the engine is its owner's.</summary>
    public void Dispose()
    {
    }

    /// <summary>
    /// Makes what Docker makes only once: where a try may have come about whose answer was lost, it is first looked
    /// whether ours is there already.
    /// </summary>
    private Task MakeAsync(
        string call, Func<CancellationToken, Task> make, Func<CancellationToken, Task<bool>> isOurs, CancellationToken cancellationToken)
    {
        var tried = false;
        return DoAsync(
            call,
            async token =>
            {
                if (tried && await isOurs(token))
                    return;
                var again = tried;
                tried = true;
                try
                {
                    await make(token);
                }
                catch (AdapterException exception) when (again && exception.InnerException is DockerApiException { StatusCode: HttpStatusCode.Conflict })
                {
                    // "The name is already in use": an earlier try came about between our look and this one, or it is another's.
                    if (!await isOurs(token))
                        throw;
                }
            },
            cancellationToken);
    }

    private Task DoAsync(string call, Func<CancellationToken, Task> action, CancellationToken cancellationToken) => AskAsync(
        call,
        async token =>
        {
            await action(token);
            return true;
        },
        cancellationToken);

    private async Task<T> AskAsync<T>(string call, Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var repeating = new RetryStrategyOptions
        {
            ShouldHandle = args => ValueTask.FromResult(
                _hasAnswered && IsUnreachable(args.Outcome.Exception) && time.GetElapsedTime(began) < Patience),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Constant,
            Delay = Pause,
        };
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(repeating).Build();
        try
        {
            var answer = await pipeline.ExecuteAsync(async token => await action(token), cancellationToken);
            _hasAnswered = true;
            return answer;
        }
        catch (EnvironmentException exception) when (_hasAnswered && IsUnreachable(exception))
        {
            throw new DeadlineException($"Docker to be back ({call})", Patience, exception.Message);
        }
    }

    /// <summary>Refused, reset, or its socket is not there; and not that it answered what is of no use.</summary>
    private static bool IsUnreachable(Exception? exception) =>
        exception is EnvironmentException { InnerException: HttpRequestException or IOException or SocketException };
}
