using HostSwap.Orchestrator.Adopting;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Generations;

/// <summary>
/// Waits until a started generation is fit to hold VMs: systemd has started, libvirt answers with the generation's own
/// host UUID, the mounts are those that were asked for, and each uplink is in its bridge.
/// </summary>
public sealed class ReadinessProbe(
    HostSwapSettings settings, IContainerEngine engine, IOuterKernel kernel, IGenerationConnector connector, TimeProvider timeProvider)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Docker is asked less often than the bus: its events would need a connection of their own.</summary>
    private static readonly TimeSpan ContainerInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits; returns what was seen.</summary>
    /// <exception cref="EnvironmentException">It started, but not as it should; everything found is named.</exception>
    /// <exception cref="DeadlineException">It did not start in time.</exception>
    public async Task<Readiness> WaitAsync(Generation generation, CancellationToken cancellationToken)
    {
        if (generation.IsOuter)
            return await OuterAsync(generation, cancellationToken);
        var limit = settings.Generation.ReadyTimeout;
        var began = timeProvider.GetTimestamp();
        await using var systemd = connector.ConnectSystemd(generation);
        var status = await WhileItRunsAsync(generation, token => systemd.WaitUntilStartedAsync(limit, token), cancellationToken);

        await using var libvirt = connector.ConnectLibvirt(generation);
        var description = await libvirt.DescribeAsync(cancellationToken);

        var container = await engine.FindContainerAsync(generation.ContainerName, cancellationToken);
        var problems = new List<string>();
        if (container is not { Running: true })
        {
            problems.Add("its container has ended");
        }
        else
        {
            problems.AddRange(MountProblems(generation, container));
            // Uplinks join their bridges by networkd, which systemd's start-up does not wait for.
            foreach (var (bridge, network) in AttachedNetwork.Of(container, settings))
            {
                if (await UplinkProblemAsync(container, bridge, network, limit - timeProvider.GetElapsedTime(began), cancellationToken) is { } problem)
                    problems.Add(problem);
            }
        }

        if (status.State is not ("running" or "degraded"))
            problems.Add($"systemd is {status.State}");
        if (description.HostUuid != generation.Record.HostUuid)
            problems.Add($"libvirt's host UUID is {description.HostUuid}, not {generation.Record.HostUuid}: host_uuid_source must be machine-id");

        return problems.Count == 0
            ? new Readiness(status.State, status.FailedUnits, description, container!.InitPid)
            : throw new EnvironmentException(
                $"{generation.Name} ({generation.Record.Image}) is not ready: {string.Join("; ", problems)}",
                "Look into it with 'docker exec' and 'docker logs', then build the image anew.");
    }

    /// <summary>
    /// The outer host has started long since, whatever its systemd says of it: what counts is its libvirt. Its host UUID may be
    /// another than it was: without one in the machine's firmware libvirt makes a new one at each of its starts.
    /// </summary>
    private async Task<Readiness> OuterAsync(Generation outer, CancellationToken cancellationToken)
    {
        await using var systemd = connector.ConnectSystemd(outer);
        var status = await systemd.GetStatusAsync(cancellationToken);
        await using var libvirt = connector.ConnectLibvirt(outer);
        var description = await libvirt.DescribeAsync(cancellationToken);
        if (OuterPeer.Link(outer.Paths.Host.Outer.Socket, Path.Join(outer.Paths.LibvirtDirectory, "libvirt-sock")) is { } unreachable)
            throw new EnvironmentException($"generations cannot reach the outer host's libvirt: {unreachable}", "See that it listens below /run, where HostSwap's own sockets are.");
        var container = await engine.FindContainerAsync(outer.ContainerName, cancellationToken);
        return container is { Running: true }
            ? new Readiness(status.State, status.FailedUnits, description, container.InitPid)
            : throw new EnvironmentException($"nobody listens on the outer host's libvirt socket {outer.Paths.Host.Outer.Socket}", "Run 'systemctl start libvirtd.socket' there.");
    }

    /// <summary>A container that has ended will not start any more: nobody waits for it until the limit.</summary>
    private async Task<T> WhileItRunsAsync<T>(Generation generation, Func<CancellationToken, Task<T>> wait, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = wait(ended.Token);
        while (await Task.WhenAny(waiting, Task.Delay(ContainerInterval, timeProvider, cancellationToken)) != waiting)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await engine.FindContainerAsync(generation.ContainerName, cancellationToken) is { Running: true })
                continue;
            await ended.CancelAsync();
            await ((Task)waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new EnvironmentException(
                $"{generation.Name} ({generation.Record.Image}) is not ready: its container has ended", "Look into 'docker logs'.");
        }

        return await waiting;
    }

    private IEnumerable<string> MountProblems(Generation generation, ContainerDescription container)
    {
        foreach (var mount in HostImageContract.Describe(generation, settings, [], [], []).Mounts)
        {
            // VMs run without these, and copying moves them: whether they are right is told where handover asks for it.
            if (HostImageContract.HandoverMounts.Contains(mount.Target, StringComparer.Ordinal))
                continue;
            if (!container.Mounts.TryGetValue(mount.Target, out var source) || !string.Equals(source, mount.Source, StringComparison.Ordinal))
                yield return $"{mount.Target} is not {mount.Source}";
            else if (kernel.Look(Environment.ProcessId, mount.Source) is not { } outside
                || kernel.Look(container.InitPid, mount.Target) is not { } inside
                || !outside.IsSameFileAs(inside))
                yield return $"{mount.Target} does not show {mount.Source}";
        }
    }

    private async Task<string?> UplinkProblemAsync(
        ContainerDescription container, string bridge, string network, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (!container.Networks.TryGetValue(network, out var address))
            return $"it is not on the Docker network {network}, which {bridge} belongs to";

        var began = timeProvider.GetTimestamp();
        // sysfs sends no event for a bridge port to a process outside the network namespace, so it is looked at.
        while (!HasPort(container.InitPid, bridge, address))
        {
            if (timeProvider.GetElapsedTime(began) > limit)
                return $"the uplink to {network} ({address}) is not in the bridge {bridge} after {limit.TotalSeconds:0} s";
            await Task.Delay(Interval, timeProvider, cancellationToken);
        }

        return null;
    }

    /// <summary>By its address, which Docker tells: which name it has inside is the image's business.</summary>
    private bool HasPort(int initPid, string bridge, string address) => kernel.NetworkInterfaces(initPid).Any(name =>
        kernel.Look(initPid, $"/sys/class/net/{bridge}/brif/{name}") is not null
        && string.Equals(kernel.ReadText(initPid, $"/sys/class/net/{name}/address"), address, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A generation that is fit to hold VMs.</summary>
/// <param name="SystemState">systemd's state: <c>running</c> or <c>degraded</c>.</param>
/// <param name="FailedUnits">Units that failed; they do not keep it from holding VMs, but the operator is told.</param>
/// <param name="Libvirt">What its libvirt says of itself.</param>
/// <param name="InitPid">Process id of its init on the outer host.</param>
public sealed record Readiness(
    string SystemState, IReadOnlyList<string> FailedUnits, LibvirtHostDescription Libvirt, int InitPid);
