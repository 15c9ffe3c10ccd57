using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>
/// Makes the candidate the active generation. The order keeps it true at every instant that at most one generation is
/// started by Docker, and that VMs start by themselves in none but the active one. Every effect can be repeated.
/// </summary>
internal sealed class ActivateStep(OuterHostParts parts, EffectLog log, Action<string> notice)
{
    private const string Step = "activate";

    /// <summary>Activates.</summary>
    public async Task<string> RunAsync(Generation source, Generation target, ILibvirtDomains domains)
    {
        await parts.Generations.SetRestartAsync(log, source, restart: false, CancellationToken.None);
        await log.DoAsync(Step, target.Name, () =>
        {
            parts.Generations.RecordSwitch(retired: source, active: target);
            return Task.FromResult($"{target.Name} is recorded as active, {source.Name} as retired");
        });
        return await CompleteAsync(target, domains);
    }

    /// <summary>What follows the durable switch; also run where an earlier hostctl died after it.</summary>
    public async Task<string> CompleteAsync(Generation active, ILibvirtDomains domains)
    {
        await parts.Generations.SetRestartAsync(log, active, restart: true, CancellationToken.None);
        foreach (var problem in await new KeptMetadata(parts.Settings.Paths, parts.Engine, log).RestoreAllAsync(active, domains))
            notice(problem);
        var autostarted = await new AutostartNotes(parts.Journal).RestoreAsync(log, active, domains);
        await log.DoAsync(Step, active.Name, () =>
        {
            GenerationDirectories.PointActiveLink(active.Paths);
            return Task.FromResult($"{active.Paths.Host.ActiveLink} points to {active.Name}");
        });
        return $"{active.Name} is active; {autostarted} VM(s) start by themselves";
    }
}
