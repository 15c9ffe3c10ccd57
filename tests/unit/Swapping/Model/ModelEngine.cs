using System.Globalization;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>Docker.</summary>
internal sealed class ModelEngine(ModelWorld world, FaultGate gate) : ModelAdapter(world, gate), IContainerEngine
{
    public Task<ContainerDescription?> FindContainerAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync(() => World.Containers.GetValueOrDefault(name)?.Describe());

    public Task<ImageDescription?> FindImageAsync(string reference, CancellationToken cancellationToken) =>
        ReadAsync(() => (ImageDescription?)ModelWorld.DescribeImage());

    public Task CreateContainerAsync(HostContainerSpec spec, CancellationToken cancellationToken) => ChangeAsync("create", () =>
    {
        var number = int.Parse(spec.Labels[HostImageContract.GenerationLabel], CultureInfo.InvariantCulture);
        if (!World.Containers.TryAdd(spec.Name, new ModelContainer(spec, number, $"id{World.Next()}")))
            throw new AdapterException("docker", "create", $"{spec.Name} is there");
    });

    public Task StartContainerAsync(string name, CancellationToken cancellationToken) =>
        ChangeAsync("start", () => World.Start(Find(name)));

    public Task StopContainerAsync(string name, TimeSpan limit, CancellationToken cancellationToken) => ChangeAsync("stop", () =>
    {
        RefuseUnlessEmpty(Find(name), "stopped");
        if (Find(name) is { Running: true, Closed: false })
            World.Break($"{name} is stopped while somebody could start a VM in it");
        World.Halt(Find(name));
    });

    public Task RemoveContainerAsync(string name, CancellationToken cancellationToken) => ChangeAsync("remove", () =>
    {
        if (!World.Containers.TryGetValue(name, out var container))
            return;
        RefuseUnlessEmpty(container, "removed");
        World.Halt(container);
        World.Containers.Remove(name);
    });

    public Task SetRestartAsync(string name, bool restart, CancellationToken cancellationToken) =>
        ChangeAsync("update", () => Find(name).Restart = restart);

    public Task<EngineDescription> DescribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<ContainerDescription>> ListContainersAsync(string label, string value, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Only libvirt is started and stopped in a container here.</summary>
    public async Task<CommandOutcome> ExecuteAsync(string name, IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancellationToken, string? input = null)
    {
        await ChangeAsync(command[1], () => Find(name).Closed = string.Equals(command[1], "stop", StringComparison.Ordinal));
        return new CommandOutcome(0, "", "");
    }

    public Task<NetworkDescription?> FindNetworkAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync(() => (NetworkDescription?)new NetworkDescription(name, "bridge", ["10.0.0.0/24"], "10.0.0.1"));

    public Task ConnectNetworkAsync(string container, string network, CancellationToken cancellationToken) =>
        ChangeAsync("connect", () => Find(container).Networks.Add(network));

    public Task CreateNetworkAsync(NetworkSpec spec, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private ModelContainer Find(string name) =>
        World.Containers.GetValueOrDefault(name) ?? throw new AdapterException("docker", "find", $"there is no {name}");

    /// <summary>The design's fourth invariant.</summary>
    private void RefuseUnlessEmpty(ModelContainer container, string what)
    {
        if (World.Libvirt(container.Generation).Domains.Count > 0)
            World.Break($"gen-{container.Generation} is {what} while it holds domains");
    }
}
