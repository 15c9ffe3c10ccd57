using System.Runtime.CompilerServices;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Qmp;
using HostSwap.Orchestrator.Verifying.Checks;

namespace HostSwap.Orchestrator.Diagnosis;

/// <summary>Looks at everything that a swap will need. Each check is small, says what it saw, and touches nothing.</summary>
public sealed class Doctor(
    HostSwapSettings settings, IContainerEngine engine, IOuterKernel kernel, IQmpConnector qmp, Func<CancellationToken, Task<HostStatus>> status)
{
    /// <summary>Runs the checks in order; later ones need what the earlier ones look at.</summary>
    public async IAsyncEnumerable<HealthCheck> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return Root();
        yield return Capabilities();
        yield return Kvm();
        foreach (var directory in settings.SharedDirectories)
            yield return SharedDirectory(directory);
        foreach (var device in settings.Devices)
            yield return Device(device);
        yield return FreeMemory.Look(kernel, settings);
        foreach (var check in new MemoryChecks(settings, kernel).Run())
            yield return check;

        var docker = await AskAsync("docker", () => EngineAsync(cancellationToken));
        yield return docker;
        if (docker.Status == HealthStatus.Error)
            yield break;

        yield return await AskAsync("image", () => ImageAsync(cancellationToken));
        var networks = new NetworkChecks(settings, engine);
        foreach (var network in settings.Networks)
            yield return await AskAsync(NetworkChecks.Name, () => networks.LookAsync(network, cancellationToken));
        HostStatus? host = null;
        yield return await AskAsync("generations", async () => Generations(host = await status(cancellationToken)));
        if (host is null)
            yield break;
        if (host.Generations.FirstOrDefault(static generation => generation.Role == GenerationRole.Active) is { Number: not GenerationPaths.OuterNumber } active)
            yield return await AskAsync(NetworkChecks.Name, () => networks.LookAsync(Generation.ContainerNameOf(active.Number, settings.Paths), active.Name, cancellationToken));
        yield return UnfinishedSwap(host);
        yield return KeptMetadataCheck.Run(settings.Paths, host);
        yield return await AskAsync(SavedRamCheck.Name, () => new SavedRamCheck(settings.Paths, engine, kernel, qmp).RunAsync(host, cancellationToken));
    }

    private static HealthCheck Ok(string name, string message) => new(name, HealthStatus.Ok, message, "");

    private static async Task<HealthCheck> AskAsync(string name, Func<Task<HealthCheck>> check)
    {
        try
        {
            return await check();
        }
        catch (HostSwapException exception)
        {
            return new HealthCheck(name, HealthStatus.Error, exception.Message, exception.Remedy);
        }
    }

    private static HealthCheck Root() => Environment.IsPrivilegedProcess
        ? Ok("root", "hostctl runs as root")
        : new HealthCheck("root", HealthStatus.Error, "hostctl does not run as root", "Run it with sudo.");

    private HealthCheck Capabilities()
    {
        var bounding = kernel.BoundingCapabilities();
        var missing = HostImageContract.Capabilities.Where(name => !bounding.Contains(name)).ToList();
        return missing.Count == 0
            ? Ok("capabilities", "every capability of a host container can be given")
            : new HealthCheck(
                "capabilities",
                HealthStatus.Warning,
                $"this machine withholds {string.Join(", ", missing)}",
                "Host containers run without; look here first if a unit in one fails.");
    }

    private HealthCheck Kvm() => kernel.DeviceExists("/dev/kvm")
        ? Ok("kvm", "/dev/kvm is there")
        : new HealthCheck("kvm", HealthStatus.Warning, "there is no /dev/kvm", "Enable virtualisation in the firmware and load kvm_intel or kvm_amd; without it VMs are emulated.");

    private static HealthCheck SharedDirectory(string directory) => Directory.Exists(directory)
        ? Ok("storage", $"{directory} is there")
        : new HealthCheck("storage", HealthStatus.Error, $"{directory} of storage.shared does not exist", "Make or mount it.");

    private HealthCheck Device(string device) => kernel.WhyNotGiven(device) is { } why
        ? new HealthCheck("storage", HealthStatus.Error, $"{why} ({KnownKeys.StorageDevices}): the next generation could not be made", "Make the device (losetup, lvchange -ay), or take it from the configuration.")
        : Ok("storage", $"{device} is a block device that the outer host does not use itself");

    private async Task<HealthCheck> EngineAsync(CancellationToken cancellationToken)
    {
        var description = await engine.DescribeAsync(cancellationToken);
        var what = $"Docker {description.Version}, API {description.ApiVersion}, cgroup v{description.CgroupVersion}";
        if (!string.Equals(description.CgroupVersion, "2", StringComparison.Ordinal))
            return new HealthCheck("docker", HealthStatus.Error, $"{what}: systemd in a host container needs cgroup v2", "Boot with systemd.unified_cgroup_hierarchy=1.");
        return description.LiveRestore
            ? Ok("docker", $"{what}, live-restore on")
            : new HealthCheck("docker", HealthStatus.Warning, $"{what}, live-restore off: a restart of Docker stops every VM", "Set \"live-restore\": true in /etc/docker/daemon.json and reload Docker.");
    }

    private async Task<HealthCheck> ImageAsync(CancellationToken cancellationToken)
    {
        var image = await engine.FindImageAsync(settings.Image, cancellationToken);
        if (image is null)
            return new HealthCheck("image", HealthStatus.Error, $"{settings.Image} is not on this machine", "Build it with 'make images', or load it with 'docker load'.");
        return string.Equals(image.Labels.GetValueOrDefault(HostImageContract.KindLabel), HostImageContract.Kind, StringComparison.Ordinal)
            ? Ok("image", $"{settings.Image} is there")
            : new HealthCheck("image", HealthStatus.Error, $"{settings.Image} is not a host image", "Name one that was built from images/host.");
    }

    private static HealthCheck Generations(HostStatus host)
    {
        if (!host.Initialised)
            return new HealthCheck("generations", HealthStatus.Error, "this outer host is not initialised", "Run 'hostctl init'.");

        var active = host.Generations.FirstOrDefault(generation => generation.Role == GenerationRole.Active);
        if (active is null)
            return new HealthCheck("generations", HealthStatus.Error, "no generation is active", "Run 'hostctl start'.");
        return active.State switch
        {
            "running" => Ok("generations", $"{active.Name} is active and running"),
            "degraded" => new HealthCheck("generations", HealthStatus.Warning, $"{active.Name} is degraded: {string.Join(", ", active.FailedUnits)}", "Look into these units with 'hostctl shell'."),
            var state => new HealthCheck("generations", HealthStatus.Error, $"{active.Name} is {state}", "Run 'hostctl start'."),
        };
    }

    private static HealthCheck UnfinishedSwap(HostStatus host) => host.UnfinishedSwap is { } number && host.LockHolder is null
        ? new HealthCheck("unfinished-swap", HealthStatus.Error, $"operation {number} has not been finished", "Run 'hostctl resume', or 'hostctl resume --rollback' to return every VM.")
        : Ok("unfinished-swap", "none");
}
