using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping.Steps;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Everything of one generation goes into another: <c>AwaitReady → Plan → ReplicateInventory → MoveDomains → Verify</c>.
/// The same in both directions, and when it is continued: what has crossed already is seen and left.
/// </summary>
internal sealed class Crossing : IAsyncDisposable
{
    private readonly OuterHostParts _parts;
    private readonly SwapPreparation _preparation;
    private readonly StepRecorder _steps;
    private readonly Readiness _readiness;
    private readonly FailurePolicy _onFailure;
    private MoveDomainsStep? _moves;

    private Crossing(
        OuterHostParts parts, SwapPreparation preparation, StepRecorder steps, SwapSession session, Readiness readiness, FailurePolicy onFailure)
    {
        (_parts, _preparation, _steps, Session, _readiness, _onFailure) = (parts, preparation, steps, session, readiness, onFailure);
    }

    /// <summary>Both sides, connected.</summary>
    public SwapSession Session { get; }

    /// <summary>The plan, once it is made.</summary>
    public SwapPlan? Plan { get; private set; }

    /// <summary>What became of each VM so far, also after a failure.</summary>
    public IReadOnlyList<MoveOutcome> Outcomes => _moves?.Outcomes ?? [];

    /// <summary>Waits for the side that VMs go to, and connects both.</summary>
    public static async Task<Crossing> OpenAsync(
        OuterHostParts parts,
        ISwapObserver observer,
        EffectLog log,
        (Generation Source, Generation Target) sides,
        FailurePolicy onFailure,
        CancellationToken stop)
    {
        var preparation = new SwapPreparation(parts, observer);
        var (session, readiness) = await preparation.ConnectAsync(log, sides.Source, sides.Target, stop);
        return new Crossing(parts, preparation, new StepRecorder(observer, parts.Time), session, readiness, onFailure);
    }

    /// <summary>Moves everything across.</summary>
    /// <exception cref="PlanRefusedException">The plan has blockers; nothing was moved.</exception>
    /// <exception cref="PlanDeclinedException">The operator said no; nothing was moved.</exception>
    /// <exception cref="StepFailedException">A VM could not be moved, or something is not as it should be afterwards.</exception>
    public async Task RunAsync(ISwapApproval approval, CancellationToken stop)
    {
        Plan = await _preparation.PlanAsync(Session, _readiness, mayFly: true, stop);
        if (Plan.Blockers.Count > 0)
            throw new PlanRefusedException(Plan);
        if (!await approval.ApproveAsync(Plan, stop))
            throw new PlanDeclinedException();

        await Session.KeepRamInSavesAsync();
        var carrier = new ObjectCarrier(Session);
        await _steps.RunAsync(SwapStep.ReplicateInventory, () => ReplicateInventoryStep.RunAsync(Session, carrier, stop));
        _moves = new MoveDomainsStep(Session, token => _preparation.ReplanAsync(Session, token), _onFailure);
        await _steps.RunAsync(SwapStep.MoveDomains, () => _moves.RunAsync(Plan, stop));

        // From here every VM is on one side: stopping half-way would be worse than the second that is left.
        await _steps.RunAsync(SwapStep.Verify, () => VerifyStep.RunAsync(Session, carrier, _moves.Outcomes, _parts, _readiness));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Session.DisposeAsync();
}

/// <summary>The plan has blockers.</summary>
internal sealed class PlanRefusedException(SwapPlan plan) : HostSwapException(
    string.Join("; ", plan.Blockers.Select(blocker => $"{blocker.Subject}: {blocker.Problem}")), "Do what the plan's fixes say.")
{
    /// <summary>Each blocker in words.</summary>
    public IReadOnlyList<string> Problems { get; } = [.. plan.Blockers.Select(blocker => $"{blocker.Subject}: {blocker.Problem}")];
}

/// <summary>The operator said no to the plan.</summary>
internal sealed class PlanDeclinedException() : HostSwapException("the plan was declined", "Nothing needs to be done.");
