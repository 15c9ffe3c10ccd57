using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Generations;

/// <summary>
/// Creates, starts, stops and removes generations. Docker restarts the active one alone by itself
/// (<c>unless-stopped</c>); every other has the policy <c>no</c>, so that neither a restart of Docker nor a reboot can
/// bring up two generations that would both start VMs.
/// </summary>
public sealed class GenerationManager(
    HostSwapSettings settings, IContainerEngine engine, IOuterKernel kernel, IJournal journal, TimeProvider timeProvider)
{
    private const string Step = "generation";

    private readonly GenerationClosing _closing = new(engine, new GenerationContents(engine, kernel));
    private readonly GuestNetworks _networks = new(settings, engine);
    private readonly MemoryMount _memory = new(settings, kernel);

    /// <summary>All recorded generations, by number.</summary>
    public IReadOnlyList<Generation> All() =>
        [.. journal.Generations().Select(record => Generation.From(record, settings.Paths))];

    /// <summary>The active generation; null before the first start.</summary>
    public Generation? FindActive() => All().SingleOrDefault(generation => generation.Role == GenerationRole.Active);

    /// <summary>The active generation.</summary>
    /// <exception cref="EnvironmentException">There is none.</exception>
    public Generation Active() => FindActive() ?? throw new EnvironmentException(
        "no generation is active", "Run 'hostctl init', then 'hostctl start'.");

    /// <summary>The generation with a number.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public Generation Numbered(int number) => All().FirstOrDefault(generation => generation.Number == number)
        ?? throw new UsageException($"there is no generation {number}", "'hostctl status' lists those that are kept.");

    /// <summary>The candidate of an unfinished swap; null where there is none.</summary>
    public Generation? FindCandidate() => All().SingleOrDefault(generation => generation.Role == GenerationRole.Candidate);

    /// <summary>The generation that was active before the active one.</summary>
    /// <exception cref="EnvironmentException">It is not kept any more, or there never was one.</exception>
    public Generation Previous() =>
        All().Where(generation => generation.Role == GenerationRole.Retired).MaxBy(generation => generation.Record.RetiredAt)
        ?? throw new EnvironmentException(
            "no previous generation is kept", "It is removed after generation.keep_retired; 'hostctl swap --image' goes to any image.");

    /// <summary>The number that the next generation gets.</summary>
    public int NextNumber() => journal.Generations().Select(record => record.Number).DefaultIfEmpty(0).Max() + 1;

    /// <summary>Finds the image that a generation shall be created from.</summary>
    /// <exception cref="EnvironmentException">It is not on this machine, or is no host image.</exception>
    public async Task<ImageDescription> FindHostImageAsync(string reference, CancellationToken cancellationToken)
    {
        var image = await engine.FindImageAsync(reference, cancellationToken) ?? throw new EnvironmentException(
            $"the image {reference} is not on this machine", "Build it with 'make images', or load it with 'docker load'.");
        return image.Labels.TryGetValue(HostImageContract.KindLabel, out var kind) && string.Equals(kind, HostImageContract.Kind, StringComparison.Ordinal)
            ? image
            : throw new EnvironmentException(
                $"the image {reference} is not a host image: it has no label {HostImageContract.KindLabel}={HostImageContract.Kind}",
                "Name an image that was built from images/host.");
    }

    /// <summary>Makes directories, record and container of a new generation, and leaves it stopped.</summary>
    public async Task<Generation> CreateAsync(
        EffectLog log, GenerationRole role, string reference, ImageDescription image, CancellationToken cancellationToken)
    {
        var number = NextNumber();
        // Version 4 UUIDs only: systemd takes a machine id of zeros as none, libvirt refuses one of equal digits.
        var record = new GenerationRecord(
            number, role.ToString(), reference, image.Id, Guid.NewGuid(), timeProvider.GetUtcNow(), RetiredAt: null);
        var generation = Generation.From(record, settings.Paths);
        await _networks.EnsureAsync(log, cancellationToken);
        await log.DoAsync(Step, generation.Name, async () =>
        {
            journal.RecordGenerations([record]);
            return await EnsureContainerAsync(generation, cancellationToken);
        });
        return generation;
    }

    /// <summary>
    /// Starts a generation's container, making it again where it has gone missing: everything durable of a generation
    /// is in its directories.
    /// </summary>
    public async Task StartAsync(EffectLog log, Generation generation, CancellationToken cancellationToken) =>
        await log.DoAsync(Step, generation.Name, async () =>
        {
            await EnsureContainerAsync(generation, cancellationToken);
            // One that was about to be stopped when its hostctl died runs without libvirt. Whether that has helped, or systemd
            // was still on its way up, is told by the wait for readiness that follows.
            if (await engine.FindContainerAsync(generation.ContainerName, cancellationToken) is { Running: true })
                await _closing.ReopenAsync(generation, cancellationToken);
            else
                GenerationDirectories.ClearMemory(generation.Paths);
            await engine.StartContainerAsync(generation.ContainerName, cancellationToken);
            var container = await engine.FindContainerAsync(generation.ContainerName, cancellationToken);
            return container is { Running: true }
                ? $"container {container.Name} runs as process {container.InitPid}"
                : throw new AdapterException("docker", $"start {generation.ContainerName}", "the container ended at once; see 'docker logs'");
        });

    /// <summary>Says whether Docker starts this generation by itself.</summary>
    public async Task SetRestartAsync(EffectLog log, Generation generation, bool restart, CancellationToken cancellationToken) =>
        await log.DoAsync(Step, generation.Name, async () =>
        {
            if (generation.IsOuter)
                return "it starts by itself, as the outer host does";
            await engine.SetRestartAsync(generation.ContainerName, restart, cancellationToken);
            var container = await engine.FindContainerAsync(generation.ContainerName, cancellationToken);
            return container?.Restart == restart
                ? $"restart policy is {(restart ? "unless-stopped" : "no")}"
                : throw new AdapterException("docker", $"update {generation.ContainerName}", "the restart policy did not change");
        });

    /// <summary>Stops a generation that is empty, and sees to it that it stays so until it is stopped.</summary>
    /// <exception cref="GenerationHoldsException">It is not empty; it runs on.</exception>
    public async Task StopAsync(EffectLog log, Generation generation, CancellationToken cancellationToken)
    {
        if (await engine.FindContainerAsync(generation.ContainerName, cancellationToken) is { Running: true })
            await log.DoAsync("close", generation.Name, () => _closing.CloseAsync(generation, cancellationToken));
        await log.DoAsync(Step, generation.Name, async () =>
        {
            await engine.StopContainerAsync(generation.ContainerName, settings.Generation.StopTimeout, cancellationToken);
            var container = await engine.FindContainerAsync(generation.ContainerName, cancellationToken);
            return container is not { Running: true }
                ? "stopped"
                : throw new AdapterException("docker", $"stop {generation.ContainerName}", "the container still runs");
        });
    }

    /// <summary>Removes container, directories and record of a generation that holds nothing.</summary>
    public async Task RemoveAsync(EffectLog log, Generation generation, CancellationToken cancellationToken) =>
        await log.DoAsync(Step, generation.Name, async () =>
        {
            if (!generation.IsOuter)
                await RemoveContainerAsync(generation, cancellationToken);
            GenerationDirectories.RemoveGeneration(generation.Paths);
            journal.ForgetGeneration(generation.Number);
            return generation.IsOuter ? "there is no way back to it any more; nothing of its own was touched" : "removed";
        });

    private async Task RemoveContainerAsync(Generation generation, CancellationToken cancellationToken)
    {
        await engine.RemoveContainerAsync(generation.ContainerName, cancellationToken);
        if (await engine.FindContainerAsync(generation.ContainerName, cancellationToken) is not null)
            throw new AdapterException("docker", $"remove {generation.ContainerName}", "the container is still there");
    }

    /// <summary>Records, in one durable step, that one generation has taken over from another: a swap's point of no return.</summary>
    public void RecordSwitch(Generation retired, Generation active) => journal.RecordGenerations(
    [
        retired.Record with { Role = nameof(GenerationRole.Retired), RetiredAt = timeProvider.GetUtcNow() },
        active.Record with { Role = nameof(GenerationRole.Active), RetiredAt = null },
    ]);

    /// <summary>Records another role of a generation that holds nothing; when it was retired stays known.</summary>
    public void RecordRole(Generation generation, GenerationRole role) =>
        journal.RecordGenerations([generation.Record with { Role = role.ToString() }]);

    /// <summary>The process id of a generation's init on the outer host.</summary>
    /// <exception cref="EnvironmentException">Its container does not run.</exception>
    public async Task<int> InitPidAsync(Generation generation, CancellationToken cancellationToken)
    {
        var container = await engine.FindContainerAsync(generation.ContainerName, cancellationToken);
        return container is { Running: true } ? container.InitPid : throw new EnvironmentException(
            $"{generation.Name} does not run", "Run 'hostctl start'.");
    }

    /// <exception cref="EnvironmentException">A configured device is not there, or is the outer host's own.</exception>
    private void ThrowIfUnfit(IReadOnlyList<string> devices)
    {
        if (devices.Select(kernel.WhyNotGiven).OfType<string>().ToList() is [_, ..] reasons)
        {
            throw new EnvironmentException(
                $"a generation cannot be given what {KnownKeys.StorageDevices} names: {string.Join("; ", reasons)}",
                "Make the device (losetup, lvchange -ay), or take it from the configuration.");
        }
    }

    /// <exception cref="EnvironmentException">A directory that generations shall have in place of one of HostSwap's own is not there.</exception>
    private void ThrowIfAbsent()
    {
        if (HostImageContract.SharedState.Select(state => HostImageContract.SharedSource(state.Name, settings)).FirstOrDefault(static directory => !Directory.Exists(directory)) is { } absent)
            throw new EnvironmentException($"a generation cannot be given {absent}: it does not exist", $"Make it, or correct {AdoptKeys.Images} and {AdoptKeys.Nvram} in the configuration.");
    }

    private async Task<string> EnsureContainerAsync(Generation generation, CancellationToken cancellationToken)
    {
        GenerationDirectories.EnsureHost(settings.Paths);
        _memory.Ensure();
        if (generation.IsOuter)
        {
            GenerationDirectories.EnsureOuter(generation.Paths);
            return "it is the outer host itself";
        }

        GenerationDirectories.EnsureGeneration(generation);
        kernel.ChangeOwner(Environment.ProcessId, generation.Paths.QmpDirectory, HostImageContract.QemuUser, HostImageContract.QemuUser);
        if (await engine.FindContainerAsync(generation.ContainerName, cancellationToken) is { } present)
        {
            // A hostctl that died may have left it on its first network alone. One that runs has made its bridges.
            if (!present.Running)
                await ConnectAsync(generation, AttachedNetwork.Of(present, settings).Select(static pair => pair.Network), cancellationToken);
            return $"container {present.Name} is there";
        }

        ThrowIfUnfit(settings.Devices);
        ThrowIfAbsent();
        var networks = await _networks.ReadAsync(cancellationToken);
        var bounding = kernel.BoundingCapabilities();
        string[] capabilities = [.. HostImageContract.Capabilities.Where(bounding.Contains)];
        string[] devices = [.. HostImageContract.Devices.Where(kernel.DeviceExists), .. settings.Devices];
        await engine.CreateContainerAsync(
            HostImageContract.Describe(generation, settings, networks, capabilities, devices), cancellationToken);
        await ConnectAsync(generation, networks.Select(static network => network.Network), cancellationToken);
        return $"container {generation.ContainerName} created from {generation.Record.Image}, on {string.Join(", ", networks.Select(static network => $"{network.Network} ({network.Bridge})"))}";
    }

    /// <summary>Whether it is on them shows when it is asked whether it is ready.</summary>
    private async Task ConnectAsync(Generation generation, IEnumerable<string> networks, CancellationToken cancellationToken)
    {
        foreach (var network in networks)
            await engine.ConnectNetworkAsync(generation.ContainerName, network, cancellationToken);
    }
}
