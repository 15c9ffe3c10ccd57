using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Which VMs start by themselves. That is not part of a migration: libvirt drops the flag with the old side's
/// definition, and VMs must not start by themselves in a candidate. So it is noted in the journal when a move is
/// planned, holds for all unfinished operations together, and is put back where the VMs end up.
/// </summary>
public sealed class AutostartNotes(IJournal journal)
{
    /// <summary>The VMs that were noted by an operation that is still open or unfinished.</summary>
    public IReadOnlySet<Guid> Wanted() => journal.UnfinishedOperations()
        .SelectMany(operation => journal.Moves(operation.Id))
        .Where(move => move.Autostart)
        .Select(move => move.Uuid)
        .ToHashSet();

    /// <summary>Puts the flags back in one generation; returns how many of its VMs start by themselves because of it.</summary>
    public async Task<int> RestoreAsync(EffectLog log, Generation generation, ILibvirtDomains domains)
    {
        var noted = Wanted();
        var wanting = (await domains.ListAsync(CancellationToken.None)).Where(domain => domain.Persistent && noted.Contains(domain.Uuid)).ToList();
        foreach (var domain in wanting.Where(domain => !domain.Autostart))
        {
            await log.DoAsync("autostart", domain.Uuid.ToString(), async () =>
            {
                await domains.SetAutostartAsync(domain.Uuid, autostart: true, CancellationToken.None);
                return await domains.FindAsync(domain.Uuid, CancellationToken.None) is { Autostart: true }
                    ? $"it starts by itself in {generation.Name}"
                    : throw new AdapterException($"libvirt {generation.Name}", "set autostart", $"{domain.Name} does not show it");
            });
        }

        return wanting.Count;
    }
}
