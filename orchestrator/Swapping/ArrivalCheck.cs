using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Verifying;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Looks at a VM that has arrived, puts right what a migration is known to leave behind, and says what is still not as
/// it was.
/// </summary>
internal sealed class ArrivalCheck(SwapSession session)
{
    private readonly VmVerifier _verifier = new(session.Engine, session.Kernel, session.Time);

    /// <summary>Notes, before a VM leaves the old side, what must be so again on the new one.</summary>
    public Task<VmFacts> NoteAsync(DomainRecord domain, VmDefinition definition) =>
        _verifier.NoteAsync(session.Source.Live, session.Target.Live, domain, definition, CancellationToken.None);

    /// <summary>Looks; returns what is wrong.</summary>
    /// <param name="move">The planned move.</param>
    /// <param name="owners">Who owned its files before.</param>
    /// <param name="facts">What was seen of it before.</param>
    /// <param name="expected">What it was on the old side; null where its earlier state is not known or it was shut off.</param>
    public async Task<IReadOnlyList<string>> RunAsync(PlannedMove move, DiskOwners owners, VmFacts facts, DomainRecord? expected)
    {
        await RemoveLeftoverDefinitionAsync(move);
        await new MoveNotes(session).RestoreAsync(move.Uuid, owners);

        var problems = new List<string>();
        var there = await session.Target.Libvirt.Domains.FindAsync(move.Uuid, CancellationToken.None);
        if (there is null)
            return ["it is gone from the new side"];

        if (expected is not null && Comparable(there.State) != Comparable(expected.State))
            problems.Add($"it is {there.State} and was {expected.State}");
        if (expected is not null && there.Persistent != expected.Persistent)
            problems.Add($"it is {(there.Persistent ? "persistent" : "transient")} and was not");
        problems.AddRange(owners.Changed(session.Kernel, session.Target.InitPid)
            .Select(file => $"{file.Path} belongs to {file.Now.Owner} and belonged to {file.Before.Owner}"));
        if (there.IsActive)
            problems.AddRange(await VerifyAsync(there, facts));
        return problems;
    }

    /// <summary>Verifies a VM that has a QEMU; what was seen is journalled, and what is doubtful is told.</summary>
    private async Task<IReadOnlyList<string>> VerifyAsync(DomainRecord there, VmFacts facts)
    {
        IReadOnlyList<HealthCheck> checks = [];
        await session.Log.DoAsync("verify", there.Uuid.ToString(), async () =>
        {
            checks = await _verifier.CompareAsync(session.Target.Live, there, facts, CancellationToken.None);
            return string.Join("; ", checks.Select(check => check.Message));
        });
        foreach (var doubtful in checks.Where(check => check.Status == HealthStatus.Warning))
            session.Notice($"{there.Name}: {doubtful.Message}");
        return [.. checks.Where(check => check.Status == HealthStatus.Error).Select(check => check.Message)];
    }

    /// <summary>A blocked CPU is a running one that waits for its disk.</summary>
    private static DomainState Comparable(DomainState state) => state == DomainState.Blocked ? DomainState.Running : state;

    /// <summary>
    /// libvirt undefines the source in the migration's last phase, after the destination runs: a death in between
    /// leaves a definition that could be started a second time.
    /// </summary>
    private async Task RemoveLeftoverDefinitionAsync(PlannedMove move)
    {
        var (source, target) = (session.Source.Libvirt.Domains, session.Target.Libvirt.Domains);
        if (await source.FindAsync(move.Uuid, CancellationToken.None) is not { IsActive: false }
            || await target.FindAsync(move.Uuid, CancellationToken.None) is not { Persistent: true })
        {
            return;
        }

        await session.Log.DoAsync("undefine-leftover", move.Uuid.ToString(), async () =>
        {
            await source.UndefineAsync(move.Uuid, CancellationToken.None);
            return "undefined on the old side";
        });
    }
}
