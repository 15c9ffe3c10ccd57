using System.Runtime.CompilerServices;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Verifying.Checks;

namespace HostSwap.Orchestrator.Verifying;

/// <summary>Looks at a whole outer host and at every VM of it. Reads only; what does not answer is an error of its own.</summary>
public sealed class HostVerifier(OuterHostParts parts)
{
    private readonly VmVerifier _machines = new(parts.Engine, parts.Kernel, parts.Time);

    /// <summary>Looks.</summary>
    public async IAsyncEnumerable<HealthCheck> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var host = await new StatusReader(parts).ReadAsync(cancellationToken);
        var generations = parts.Generations.All();
        var checks = new GenerationChecks(parts.Engine, parts.Kernel, host, generations);
        foreach (var generation in host.Generations)
            yield return GenerationChecks.Units(generation);
        yield return FreeMemory.Look(parts.Kernel, parts.Settings);
        yield return checks.ActiveLink();
        yield return await checks.RestartAsync(cancellationToken);
        yield return checks.Candidate();
        foreach (var check in checks.Definitions())
            yield return check;

        var live = await OpenAsync(generations, cancellationToken);
        try
        {
            foreach (var check in checks.Processes(live, await FindCanariesAsync(live.Where(place => Answers(host, place)), cancellationToken)))
                yield return check;
            foreach (var place in live.Where(place => Answers(host, place)))
            {
                foreach (var check in await VerifyAllAsync(checks, place, cancellationToken))
                    yield return check;
            }
        }
        finally
        {
            foreach (var place in live)
                await place.Libvirt.DisposeAsync();
        }
    }

    /// <summary>One that did not answer is told of already.</summary>
    private static bool Answers(HostStatus host, LiveGeneration place) =>
        host.Generations.Any(generation => generation.Number == place.Generation.Number && generation.LibvirtVersion is not null);

    private async Task<IReadOnlyList<LiveGeneration>> OpenAsync(IReadOnlyList<Generation> generations, CancellationToken cancellationToken)
    {
        var live = new List<LiveGeneration>();
        foreach (var generation in generations)
        {
            if (await parts.Engine.FindContainerAsync(generation.ContainerName, cancellationToken) is { Running: true } container
                && parts.Kernel.PidNamespace(container.InitPid) is { } space)
            {
                live.Add(new LiveGeneration(generation, parts.Connector.ConnectLibvirt(generation), container.InitPid, space));
            }
        }

        return live;
    }

    /// <summary>What a hostctl that died has left is ended by the next operation. Where libvirt does not tell, that is said further on.</summary>
    private static async Task<IReadOnlySet<Guid>> FindCanariesAsync(IEnumerable<LiveGeneration> places, CancellationToken cancellationToken)
    {
        var found = new HashSet<Guid>();
        foreach (var place in places)
        {
            try
            {
                found.UnionWith((await place.Libvirt.Domains.ListCanariesAsync(cancellationToken)).Select(static canary => canary.Uuid));
            }
            catch (Exception exception) when (exception is AdapterException or DeadlineException)
            {
                continue;
            }
        }

        return found;
    }

    /// <summary>VMs are looked at side by side: a tap that does not forward, or an agent that is silent, takes its time.</summary>
    private async Task<IReadOnlyList<HealthCheck>> VerifyAllAsync(GenerationChecks checks, LiveGeneration place, CancellationToken cancellationToken)
    {
        try
        {
            var domains = await place.Libvirt.Domains.ListVmsAsync(cancellationToken);
            var found = await Task.WhenAll(domains.Select(domain => VerifyAsync(checks, place, domain, cancellationToken)));
            return [.. found.SelectMany(item => item)];
        }
        catch (HostSwapException exception)
        {
            return [new HealthCheck("libvirt", HealthStatus.Error, exception.Message, exception.Remedy) { Subject = place.Generation.Name }];
        }
    }

    private async Task<IReadOnlyList<HealthCheck>> VerifyAsync(
        GenerationChecks checks, LiveGeneration place, DomainRecord domain, CancellationToken cancellationToken)
    {
        var qemu = checks.Qemu(place, domain);
        if (!domain.IsActive)
            return [qemu];

        try
        {
            return [qemu, .. await _machines.VerifyAsync(place, domain, cancellationToken)];
        }
        catch (HostSwapException exception)
        {
            // One that ended or moved away since it was listed has nothing to be looked at.
            return await place.Libvirt.Domains.FindAsync(domain.Uuid, cancellationToken) is { IsActive: true }
                ? [qemu, VmCheck.Make("libvirt", domain, HealthStatus.Error, exception.Message, exception.Remedy)]
                : [];
        }
    }
}
