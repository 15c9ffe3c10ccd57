using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>What an interruption has left of one VM, and what follows from it.</summary>
public enum Verdict
{
    /// <summary>It is only on the side that VMs go to: taken as arrived.</summary>
    Adopt,

    /// <summary>It is only on the side that VMs leave: moved again.</summary>
    MoveAgain,

    /// <summary>Both sides have a QEMU for it: nothing is resumed, a person decides.</summary>
    Refuse,

    /// <summary>Neither side knows it.</summary>
    Lost,

    /// <summary>A post-copy migration of it has broken and could not be mended: nothing is resumed, a person decides.</summary>
    Broken,

    /// <summary>Its only QEMU has sent all of it to one that is gone, and may have executed it: nothing is resumed, a person decides.</summary>
    Spent,
}

/// <summary>One VM after an interruption.</summary>
/// <param name="Uuid">The VM.</param>
/// <param name="Name">Its name.</param>
/// <param name="Verdict">What becomes of it.</param>
/// <param name="Seen">What both sides show of it, in words.</param>
public sealed record ReconciledVm(Guid Uuid, string Name, Verdict Verdict, string Seen);

/// <summary>
/// Looks where every VM is after an interruption, as Ganeti's migrate cleanup does: the world is asked, and the journal
/// only says of which VMs there must be an answer.
/// </summary>
internal sealed class Reconciliation(SwapSession session)
{
    private readonly Fence _fence = new(session);

    /// <summary>Looks at every VM that either side or an unfinished operation knows.</summary>
    public async Task<IReadOnlyList<ReconciledVm>> RunAsync()
    {
        await session.KeepRamInSavesAsync();
        var found = new List<ReconciledVm>();
        var owners = new MoveNotes(session);
        foreach (var (uuid, name) in await ListAsync())
        {
            // Read before anything of this operation is noted.
            var waits = owners.WaitsForResumption(uuid);
            var vm = await JudgeAsync(uuid, name);
            if (owners.WasSentRunning(uuid) && vm.Verdict is (Verdict.Adopt or Verdict.MoveAgain) && await new LeftoverQemu(session).IsSpentAsync(uuid))
                vm = vm with { Verdict = Verdict.Spent };
            found.Add(vm);
            if (vm.Verdict is Verdict.Adopt or Verdict.MoveAgain)
                await new StateMove(session).SettleAsync(uuid, name);
            if (waits && vm.Verdict is (Verdict.Adopt or Verdict.MoveAgain))
                await ResumeArrivedAsync(uuid);
            // A death right after its migration has kept its files from going back to their owner.
            if (vm.Verdict == Verdict.Adopt && RunsOnTarget(uuid))
                await owners.RestoreAsync(uuid, owners.OwnersOf(uuid));
        }

        session.Observer.OnEvent(new Reconciled(session.Time.GetUtcNow(), found));
        return found;
    }

    private async Task<IReadOnlyDictionary<Guid, string>> ListAsync()
    {
        var names = new Dictionary<Guid, string>();
        // Newest first: what a later operation has recorded as lost was told then.
        var told = new HashSet<Guid>();
        foreach (var move in session.Journal.UnfinishedOperations().SelectMany(operation => session.Journal.Moves(operation.Id)))
        {
            if (move.State is nameof(MoveState.Lost) or nameof(MoveState.Removed))
                told.Add(move.Uuid);
            else if (!told.Contains(move.Uuid))
                names.TryAdd(move.Uuid, move.Name);
        }

        foreach (var side in new[] { session.Source, session.Target })
        {
            foreach (var domain in await side.Libvirt.Domains.ListVmsAsync(CancellationToken.None))
                names[domain.Uuid] = domain.Name;
        }

        return names;
    }

    private async Task<ReconciledVm> JudgeAsync(Guid uuid, string name)
    {
        try
        {
            var seen = await new LeftoverQemu(session).SettleAsync(uuid, name);
            return new ReconciledVm(uuid, name, Judge(seen.Owner), seen.InWords);
        }
        catch (PostCopyBrokenException)
        {
            // The definition is not asked for its size: what the limit is made from matters little here.
            if (await new PostCopyRecovery(session).TryAsync(uuid, name, memoryBytes: 0))
                return await JudgeAsync(uuid, name);
            return new ReconciledVm(uuid, name, Verdict.Broken, (await _fence.LookAsync(uuid, CancellationToken.None)).InWords);
        }
        catch (OwnershipException)
        {
            var seen = await _fence.LookAsync(uuid, CancellationToken.None);
            return new ReconciledVm(uuid, name, Judge(seen.Owner), seen.InWords);
        }
    }

    /// <summary>
    /// A VM that was to arrive paused, and has, on whichever side that was. Its old QEMU is gone, or it would be on both; a
    /// QEMU that has received all of a guest stands <c>paused</c>, one that has sent it <c>postmigrate</c>.
    /// </summary>
    private async Task ResumeArrivedAsync(Guid uuid)
    {
        foreach (var side in new[] { session.Source, session.Target })
        {
            if (await side.Libvirt.Domains.FindAsync(uuid, CancellationToken.None) is not { State: DomainState.Paused })
                continue;
            await using var monitor = await session.Qmp.ConnectAsync(
                side.Generation.Paths.QmpSocket(uuid), $"qemu {uuid} in {side.Generation.Name}", CancellationToken.None);
            if (await monitor.GetMigrationStatusAsync(CancellationToken.None) is not "completed" || await monitor.GetRunStateAsync(CancellationToken.None) is not "paused")
                continue;
            await session.Log.DoAsync(MoveNotes.ResumptionStep, uuid.ToString(), async () =>
            {
                await side.Libvirt.Domains.ResumeAsync(uuid, CancellationToken.None);
                var domain = await side.Libvirt.Domains.FindAsync(uuid, CancellationToken.None);
                return $"it had arrived paused, and is {domain?.State}";
            });
        }
    }

    private bool RunsOnTarget(Guid uuid) => session.Kernel.QemuProcesses().Any(process =>
        process.DomainUuid == uuid && string.Equals(process.PidNamespace, session.Target.PidNamespace, StringComparison.Ordinal));

    private static Verdict Judge(Owner owner) => owner switch
    {
        Owner.Target or Owner.TargetDefinition => Verdict.Adopt,
        Owner.Source or Owner.SourceDefinition or Owner.BothDefinitions => Verdict.MoveAgain,
        Owner.Both => Verdict.Refuse,
        _ => Verdict.Lost,
    };
}
