using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>
/// Moves every VM. VMs that others defined or started on the old side meanwhile are found by looking again, and moved
/// too, until the old side is empty, but for those in quarantine.
/// </summary>
internal sealed class MoveDomainsStep(SwapSession session, Func<CancellationToken, Task<SwapPlan>> replan, FailurePolicy onFailure)
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
        var goOn = onFailure == FailurePolicy.Continue;
        var version = (await session.Source.Libvirt.ReadVersionsAsync(stop)).Libvirt;
        await using var foreign = ForeignChanges.Watch(session.Source, session.Target, session.Time, session.Notice);
        var mover = new DomainMover(session, foreign);
        for (var round = 1; Remaining(plan) is { Count: > 0 } moves; round++)
        {
            if (round > MaximumRounds)
                throw new StepFailedException([$"new VMs keep appearing in {session.Source.Generation.Name}"]);
            if (plan.Blockers.Where(blocker => !IsQuarantined(blocker.Subject)).ToList() is { Count: > 0 } blockers)
                throw new StepFailedException([.. blockers.Select(blocker => $"{blocker.Subject}: {blocker.Problem}")]);

            foreach (var move in moves)
                session.Record(move, _outcomes[move.Uuid] = MoveOutcome.Of(move, move.Method == MoveMethod.Leave ? MoveState.Left : MoveState.Pending, move.Reason));

            var scheduler = new MoveScheduler(session, plan.Parallel, goOn);
            foreach (var outcome in await scheduler.RunAsync([.. moves.Where(static move => move.Method != MoveMethod.Leave)], move => mover.MoveAsync(move, version, stop), stop))
                _outcomes[outcome.Uuid] = outcome;

            if (stop.IsCancellationRequested || (!goOn && _outcomes.Values.Any(static outcome => !outcome.IsGood && !StaysByPolicy(outcome))))
                ThrowIfAnyFailed(stop);
            plan = await replan(CancellationToken.None);
        }

        ThrowIfAnyFailed(stop);
        return $"{_outcomes.Values.Count(outcome => outcome.State == MoveState.Verified)} VM(s) moved, {session.Source.Generation.Name} has none left";
    }

    private IReadOnlyList<PlannedMove> Remaining(SwapPlan plan) =>
        [.. plan.Moves.Where(move => !_outcomes.TryGetValue(move.Uuid, out var outcome) || outcome.IsGood)];

    private bool IsQuarantined(string name) =>
        _outcomes.Values.Any(outcome => !outcome.IsGood && string.Equals(outcome.Name, name, StringComparison.Ordinal));

    private void ThrowIfAnyFailed(CancellationToken stop)
    {
        var failed = _outcomes.Values.Where(outcome => !outcome.IsGood).ToList();
        if (failed.Count == 0)
            return;

        stop.ThrowIfCancellationRequested();
        throw new StepFailedException([.. failed.OrderByDescending(Severity).Select(outcome => $"{outcome.Name}: {outcome.Reason}")], failed.TrueForAll(StaysByPolicy));
    }

    private static int Severity(MoveOutcome outcome) => outcome.State switch
    {
        MoveState.Lost => 3,
        MoveState.Returned => 2,
        _ => outcome.Elapsed is null ? 0 : 1,
    };

    /// <summary>It was not tried: its policy wants it left where it is, and the others to go on.</summary>
    private static bool StaysByPolicy(MoveOutcome outcome) => outcome is { Method: MoveMethod.Leave, State: MoveState.Left };
}
