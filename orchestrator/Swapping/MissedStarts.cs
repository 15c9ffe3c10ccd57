using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// After a power cut in mid-swap, libvirt starts by itself only VMs that carry the autostart flag, which those that
/// had arrived in the candidate have lost for the time being. A host container that was started anew since an
/// unfinished operation last saw it is recognised here, and the noted VMs in it are started, each in exactly one
/// generation. That it was started is noted after they run, so a death in between repeats it.
/// </summary>
internal sealed class MissedStarts(OuterHostParts parts, EffectLog log, Action<string> notice)
{
    private const string BootStep = "boot";

    /// <summary>libvirt's <c>VIR_DOMAIN_SHUTOFF_UNKNOWN</c>: it has not run since its libvirtd began. Any other reason is somebody's will.</summary>
    private const int NeverStartedHere = 0;

    /// <summary>Looks at one generation that runs and answers; starts what has missed its start.</summary>
    /// <param name="generation">The generation.</param>
    /// <param name="domains">Its domains.</param>
    /// <param name="preferred">
    /// Domains of the active generation where <paramref name="generation"/> is another: a VM that is defined in both,
    /// since its move was cut in its last phase, belongs to the active one, whose libvirt starts it.
    /// </param>
    public async Task CatchUpAsync(Generation generation, ILibvirtDomains domains, ILibvirtDomains? preferred)
    {
        var container = await parts.Engine.FindContainerAsync(generation.ContainerName, CancellationToken.None);
        var boot = $"{container?.Id} {container?.StartedAt}";
        var last = LastSeen(generation);
        if (string.Equals(boot, last, StringComparison.Ordinal))
            return;
        if (last is not null)
            await StartAsync(generation, domains, preferred);
        await log.DoAsync(BootStep, generation.Name, () => Task.FromResult(boot));
    }

    private string? LastSeen(Generation generation)
    {
        if (parts.Journal.UnfinishedOperations() is not [.., var oldest])
            return null;
        return parts.Journal.Operations(int.MaxValue)
            .TakeWhile(operation => operation.Id >= oldest.Id)
            .SelectMany(operation => parts.Journal.Entries(operation.Id).Reverse())
            .FirstOrDefault(entry => entry is { Step: BootStep, Result: EntryResult.Done } && string.Equals(entry.Subject, generation.Name, StringComparison.Ordinal))
            ?.Observed;
    }

    private async Task StartAsync(Generation generation, ILibvirtDomains domains, ILibvirtDomains? preferred)
    {
        var noted = new AutostartNotes(parts.Journal).Wanted();
        foreach (var domain in await domains.ListAsync(CancellationToken.None))
        {
            if (domain is not { State: DomainState.ShutOff, StateReason: NeverStartedHere, Autostart: false } || !noted.Contains(domain.Uuid))
                continue;
            if (preferred is not null && await preferred.FindAsync(domain.Uuid, CancellationToken.None) is not null)
                continue;
            if (parts.Kernel.QemuProcesses().Any(process => process.DomainUuid == domain.Uuid))
                continue;
            await StartAsync(generation, domains, domain);
        }
    }

    private async Task StartAsync(Generation generation, ILibvirtDomains domains, DomainRecord domain)
    {
        try
        {
            // Its saved image may wait for the death that this is the end of.
            await new StateSettlement(parts.Journal, parts.Kernel, log, notice).RunAsync(generation.Paths, domain.Uuid, domain.Name);
            await log.DoAsync("start-vm", domain.Uuid.ToString(), async () =>
            {
                await domains.StartAsync(domain.Uuid, CancellationToken.None);
                return await domains.FindAsync(domain.Uuid, CancellationToken.None) is { IsActive: true }
                    ? $"started in {generation.Name}, which was started anew"
                    : throw new AdapterException($"libvirt {generation.Name}", "start", $"{domain.Name} does not run");
            });
            notice($"{domain.Name} is started in {generation.Name}: it starts by itself, and {generation.Name} was started anew");
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException or EnvironmentException)
        {
            // As when libvirt cannot start one by itself at boot: the others must not wait for it.
            notice($"{domain.Name} could not be started in {generation.Name}: {exception.Message}");
        }
    }
}
