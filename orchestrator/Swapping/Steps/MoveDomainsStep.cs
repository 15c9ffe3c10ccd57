using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>
/// Moves every VM. VMs that others defined or started on the old side meanwhile are found by looking again, and moved
/// too, until the old side is empty.
/// </summary>
internal sealed class MoveDomainsStep(SwapSession session, Func<CancellationToken, Task<SwapPlan>> replan)
{
    private const int MaximumRounds = 5;

    private readonly Dictionary<Guid, MoveOutcome> _outcomes = [];

    /// <summary>What became of each VM so far, also when the step ends by an exception.</summary>
    public IReadOnlyList<MoveOutcome> Outcomes => [.. _outcomes.Values];

    /// <summary>Moves them all.</summary>
    /// <param name="plan">The approved plan.</param>
    /// <param name="stop">Interrupts in order: what is in flight is aborted, nothing more begins.</param>
    public async Task<string> RunAsync(SwapPlan plan, CancellationToken stop)
    {
        var version = (await session.Source.Libvirt.DescribeAsync(stop)).LibvirtVersion;
        var mover = new DomainMover(session);
        for (var round = 1; plan.Moves.Count > 0; round++)
        {
            if (round > MaximumRounds)
                throw new StepFailedException([$"new VMs keep appearing in {session.Source.Generation.Name}"]);
            if (plan.Blockers.Count > 0)
                throw new StepFailedException([.. plan.Blockers.Select(blocker => $"{blocker.Subject}: {blocker.Problem}")]);

            foreach (var move in plan.Moves)
                session.Record(move, _outcomes[move.Uuid] = Pending(move));

            var scheduler = new MoveScheduler(session, plan.Parallel);
            foreach (var outcome in await scheduler.RunAsync(plan.Moves, move => mover.MoveAsync(move, version, stop), stop))
                _outcomes[outcome.Uuid] = outcome;

            ThrowIfAnyFailed(stop);
            plan = await replan(CancellationToken.None);
        }

        return $"{_outcomes.Count} VM(s) moved, {session.Source.Generation.Name} has none left";
    }

    private void ThrowIfAnyFailed(CancellationToken stop)
    {
        var failed = _outcomes.Values.Where(outcome => outcome.State != MoveState.Verified).ToList();
        if (failed.Count == 0)
            return;

        stop.ThrowIfCancellationRequested();
        throw new StepFailedException([.. failed.OrderByDescending(Severity).Select(outcome => $"{outcome.Name}: {outcome.Reason}")]);
    }

    private static int Severity(MoveOutcome outcome) => outcome.State switch
    {
        MoveState.Lost => 3,
        MoveState.Returned => 2,
        _ => outcome.Elapsed is null ? 0 : 1,
    };

    private static MoveOutcome Pending(PlannedMove move) => new(
        move.Uuid, move.Name, move.Method, MoveState.Pending, move.Reason, BytesTransferred: null, Downtime: null, Elapsed: null);
}
