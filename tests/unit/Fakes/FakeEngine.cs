using HostSwap.Orchestrator.Docker;

namespace HostSwap.UnitTests.Fakes;

/// <summary>Docker in memory: containers by name, and what commands in them answer.</summary>
internal sealed class FakeEngine : IContainerEngine
{
    public Dictionary<string, ContainerDescription> Containers { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers a command; the default knows none.</summary>
    public Func<string, IReadOnlyList<string>, TimeSpan, CommandOutcome> OnExecute { get; set; } =
        (_, command, _) => new CommandOutcome(127, "", $"{command[0]}: not found");

    public List<IReadOnlyList<string>> Executed { get; } = [];

    /// <summary>What each of them was given to read.</summary>
    public List<string?> Inputs { get; } = [];

    public void Add(string name, int initPid, bool restart) => Containers[name] = new ContainerDescription(
        name, name, "sha256:0", Running: true, initPid, "2026-01-01", restart, new Dictionary<string, string>(), new Dictionary<string, string>());

    public Task<ContainerDescription?> FindContainerAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(Containers.GetValueOrDefault(name));

    public Task<CommandOutcome> ExecuteAsync(
        string name, IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancellationToken, string? input = null)
    {
        Executed.Add(command);
        Inputs.Add(input);
        return Task.FromResult(OnExecute(name, command, limit));
    }

    public Task<EngineDescription> DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Images by name and by digest.</summary>
    public Dictionary<string, ImageDescription> Images { get; } = new(StringComparer.Ordinal);

    public Task<ImageDescription?> FindImageAsync(string reference, CancellationToken cancellationToken) => Task.FromResult(Images.GetValueOrDefault(reference));

    public Task<IReadOnlyList<ContainerDescription>> ListContainersAsync(string label, string value, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task CreateContainerAsync(HostContainerSpec spec, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task StartContainerAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task StopContainerAsync(string name, TimeSpan limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RemoveContainerAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetRestartAsync(string name, bool restart, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Dictionary<string, NetworkDescription> Networks { get; } = new(StringComparer.Ordinal);

    public Task<NetworkDescription?> FindNetworkAsync(string name, CancellationToken cancellationToken) => Task.FromResult(Networks.GetValueOrDefault(name));

    public Task CreateNetworkAsync(NetworkSpec spec, CancellationToken cancellationToken)
    {
        Networks.Add(spec.Name, new NetworkDescription(spec.Name, "bridge", [spec.Subnet ?? "172.30.0.0/16", .. new[] { spec.Subnet6 }.OfType<string>()], "172.30.0.1"));
        return Task.CompletedTask;
    }

    public Task ConnectNetworkAsync(string container, string network, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
