using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Tracing;
using Version = System.Version;

namespace HostSwap.Orchestrator.Docker;

/// <summary>The Docker Engine through Docker.DotNet, with the API version negotiated at the first call.</summary>
public sealed partial class DockerEngine(DockerSettings settings, TimeProvider timeProvider) : IContainerEngine
{
    /// <summary>Oldest API that has everything a host container needs (<c>CgroupnsMode</c>): Docker 20.10.</summary>
    private static readonly Version OldestApi = new(1, 41);

    /// <summary>Newest API that this code was written against; a newer engine is talked to in this version.</summary>
    private static readonly Version NewestApi = new(1, 52);

    private readonly SemaphoreSlim _connecting = new(1, 1);
    private DockerClient? _client;
    private string _apiVersion = "";

    /// <inheritdoc/>
    public async Task<EngineDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        var info = await CallAsync("info", (client, token) => client.System.GetSystemInfoAsync(token), cancellationToken);
        return new EngineDescription(info.ServerVersion, _apiVersion, info.CgroupVersion ?? "1", info.LiveRestoreEnabled);
    }

    /// <inheritdoc/>
    public Task<ImageDescription?> FindImageAsync(string reference, CancellationToken cancellationToken) =>
        FindAsync(
            $"inspect image {reference}",
            async (client, token) =>
            {
                var image = await client.Images.InspectImageAsync(reference, token);
                return new ImageDescription(image.ID, image.Config?.Labels?.AsReadOnly() ?? EmptyLabels);
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<ContainerDescription?> FindContainerAsync(string name, CancellationToken cancellationToken) =>
        FindAsync(
            $"inspect container {name}",
            async (client, token) => Describe(await client.Containers.InspectContainerAsync(name, token)),
            cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ContainerDescription>> ListContainersAsync(
        string label, string value, CancellationToken cancellationToken)
    {
        var parameters = new ContainersListParameters
        {
            All = true,
            Filters = Filter("label", $"{label}={value}"),
        };
        var listed = await CallAsync(
            "list containers", (client, token) => client.Containers.ListContainersAsync(parameters, token), cancellationToken);
        var found = new List<ContainerDescription>();
        foreach (var item in listed)
        {
            if (await FindContainerAsync(item.ID, cancellationToken) is { } container)
                found.Add(container);
        }

        return found;
    }

    /// <inheritdoc/>
    public Task CreateContainerAsync(HostContainerSpec spec, CancellationToken cancellationToken) =>
        CallAsync(
            $"create container {spec.Name}",
            (client, token) => client.Containers.CreateContainerAsync(HostContainerParameters.From(spec), token),
            cancellationToken);

    /// <inheritdoc/>
    public Task StartContainerAsync(string name, CancellationToken cancellationToken) =>
        CallAsync(
            $"start container {name}",
            (client, token) => client.Containers.StartContainerAsync(name, new ContainerStartParameters(), token),
            cancellationToken);

    /// <inheritdoc/>
    public Task StopContainerAsync(string name, TimeSpan limit, CancellationToken cancellationToken)
    {
        var seconds = (uint)Math.Ceiling(limit.TotalSeconds);
        return CallAsync(
            $"stop container {name}",
            (client, token) => client.Containers.StopContainerAsync(
                name, new ContainerStopParameters { WaitBeforeKillSeconds = seconds }, token),
            cancellationToken,
            extra: limit);
    }

    /// <inheritdoc/>
    public async Task RemoveContainerAsync(string name, CancellationToken cancellationToken) =>
        _ = await FindAsync(
            $"remove container {name}",
            async (client, token) =>
            {
                await client.Containers.RemoveContainerAsync(
                    name, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, token);
                return name;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task SetRestartAsync(string name, bool restart, CancellationToken cancellationToken)
    {
        var policy = new RestartPolicy { Name = restart ? RestartPolicyKind.UnlessStopped : RestartPolicyKind.No };
        return CallAsync(
            $"update restart policy of {name}",
            (client, token) => client.Containers.UpdateContainerAsync(
                name, new ContainerUpdateParameters { RestartPolicy = policy }, token),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommandOutcome> ExecuteAsync(
        string name, IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancellationToken, string? input = null)
    {
        var call = $"run {command[0]} in {name}";
        return CallWithinAsync(limit, call, (client, token) => ContainerCommand.RunAsync(client, name, call, command, input, token), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client?.Dispose();
        _connecting.Dispose();
    }

    private static readonly IReadOnlyDictionary<string, string> EmptyLabels =
        new Dictionary<string, string>(StringComparer.Ordinal);

    private static Dictionary<string, IDictionary<string, bool>> Filter(string key, string value) =>
        new(StringComparer.Ordinal)
        {
            [key] = new Dictionary<string, bool>(StringComparer.Ordinal) { [value] = true },
        };

    private static ContainerDescription Describe(ContainerInspectResponse container) => new(
        container.Name.TrimStart('/'),
        container.ID,
        container.Image,
        container.State?.Running ?? false,
        container.State is { Running: true } state ? (int)state.Pid : 0,
        container.State?.StartedAt ?? "",
        container.HostConfig?.RestartPolicy is { Name: not (RestartPolicyKind.No or RestartPolicyKind.Undefined) },
        container.Config?.Labels?.AsReadOnly() ?? EmptyLabels,
        (container.Mounts ?? [])
            .Where(mount => mount.Destination is not null && mount.Source is not null)
            .ToDictionary(mount => mount.Destination, mount => mount.Source, StringComparer.Ordinal))
    {
        Networks = (container.NetworkSettings?.Networks ?? new Dictionary<string, EndpointSettings>(StringComparer.Ordinal))
            .ToDictionary(pair => pair.Key, pair => pair.Value?.MacAddress ?? "", StringComparer.Ordinal),
    };

    private async Task<T?> FindAsync<T>(
        string call, Func<DockerClient, CancellationToken, Task<T>> action, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await CallAsync(call, action, cancellationToken);
        }
        catch (AdapterException exception) when (exception.InnerException is DockerApiException { StatusCode: HttpStatusCode.NotFound })
        {
            return null;
        }
    }

    private Task<T> CallAsync<T>(
        string call, Func<DockerClient, CancellationToken, Task<T>> action, CancellationToken cancellationToken, TimeSpan extra = default) =>
        CallWithinAsync(settings.Timeout + extra, call, action, cancellationToken);

    private async Task<T> CallWithinAsync<T>(
        TimeSpan limit, string call, Func<DockerClient, CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var span = OutsideCalls.Begin("docker", call);
        try
        {
            var client = await ConnectAsync(both.Token);
            return await action(client, both.Token);
        }
        catch (DockerApiException exception)
        {
            throw new AdapterException("docker", call, exception.Message, exception);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DeadlineException($"docker to {call}", limit, "no answer");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or System.Net.Sockets.SocketException or TimeoutException)
        {
            throw new EnvironmentException(
                $"Docker at {settings.Endpoint} cannot be reached ({call}): {exception.Message}",
                "Start Docker, or set docker.endpoint in the configuration (or DOCKER_HOST) to where it listens.",
                exception);
        }
    }

    private async Task<DockerClient> ConnectAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            return _client ??= await NegotiateAsync(cancellationToken);
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>Asks for the version in the oldest API there is use for, then talks in the newest that both know.</summary>
    private async Task<DockerClient> NegotiateAsync(CancellationToken cancellationToken)
    {
        VersionResponse version;
        using (var first = Build(null))
            version = await first.System.GetVersionAsync(cancellationToken);

        if (!Version.TryParse(version.APIVersion, out var newestThere) || newestThere < OldestApi)
        {
            throw new EnvironmentException(
                string.Create(CultureInfo.InvariantCulture, $"Docker {version.Version} speaks API {version.APIVersion}; {OldestApi} is needed"),
                "Install Docker 20.10 or newer.");
        }

        var chosen = newestThere < NewestApi ? newestThere : NewestApi;
        _apiVersion = chosen.ToString();
        return Build(chosen);
    }

    private DockerClient Build(Version? apiVersion)
    {
        var builder = new DockerClientBuilder().WithEndpoint(settings.Endpoint).WithTimeout(Timeout.InfiniteTimeSpan);
        return (apiVersion is null ? builder : builder.WithApiVersion(apiVersion)).Build();
    }
}
