using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>The steps of a swap, in order.</summary>
public enum SwapStep
{
    /// <summary>Checks that need no candidate; finds an unfinished operation.</summary>
    Preflight,

    /// <summary>After an interruption: where every VM is, seen on both sides and compared with the journal.</summary>
    Reconcile,

    /// <summary>A host container is created from the new image.</summary>
    StartCandidate,

    /// <summary>systemd, libvirt, mounts, uplink and host UUID of the candidate are as expected.</summary>
    AwaitReady,

    /// <summary>The end of backups and other jobs that run on VMs is waited for.</summary>
    AwaitJobs,

    /// <summary>Where VMs are to be handed over, and it was never seen to work, a guest of our own goes before them.</summary>
    Canary,

    /// <summary>The plan is made against the candidate itself.</summary>
    Plan,

    /// <summary>Networks and pools are carried over.</summary>
    ReplicateInventory,

    /// <summary>Every VM is moved.</summary>
    MoveDomains,

    /// <summary>What should be true of the new side is looked at.</summary>
    Verify,

    /// <summary>The candidate becomes the active generation.</summary>
    Activate,

    /// <summary>The old generation is stopped once it is seen to be empty.</summary>
    Retire,

    /// <summary>After everything has returned, the empty candidate is put away.</summary>
    Dismiss,
}

/// <summary>The states of one VM's move; <c>MoveTransitions</c> says which may follow which.</summary>
public enum MoveState
{
    /// <summary>Not begun.</summary>
    Pending,

    /// <summary>Exactly one owner was seen, on the old side.</summary>
    Fenced,

    /// <summary>libvirt has been told to move it.</summary>
    Moving,

    /// <summary>Exactly one owner was seen, on the new side.</summary>
    Arrived,

    /// <summary>State, persistence and disks on the new side are as planned.</summary>
    Verified,

    /// <summary>It was not moved and runs on the old side.</summary>
    Returned,

    /// <summary>It is on neither side, and nobody is known to have removed it.</summary>
    Lost,

    /// <summary>It is no more: its guest shut a transient VM down, or somebody removed it, while the swap went on.</summary>
    Removed,

    /// <summary>It was left where it is, since the swap stopped before its turn or ownership is unclear.</summary>
    Left,
}

/// <summary>Something that happened in a swap, for people and programs that watch.</summary>
public abstract record SwapEvent(DateTimeOffset At);

/// <summary>The operation has its number.</summary>
public sealed record SwapStarted(DateTimeOffset At, long Operation, int From, string Image, OperationKind Kind = OperationKind.Swap) : SwapEvent(At);

/// <summary>A step began.</summary>
public sealed record StepStarted(DateTimeOffset At, SwapStep Step) : SwapEvent(At);

/// <summary>A step ended.</summary>
public sealed record StepFinished(DateTimeOffset At, SwapStep Step, bool Succeeded, TimeSpan Elapsed, string Observed) : SwapEvent(At);

/// <summary>The plan is known.</summary>
public sealed record PlanMade(DateTimeOffset At, SwapPlan Plan) : SwapEvent(At);

/// <summary>A VM's move changed its state; the downtime is known once it has arrived.</summary>
public sealed record MoveChanged(
    DateTimeOffset At, Guid Uuid, string Name, MoveMethod Method, MoveState State, string Reason, TimeSpan? Downtime = null) : SwapEvent(At);

/// <summary>How far a VM's transfer is; sizes in bytes, rates in bytes a second.</summary>
public sealed record MoveProgress(
    DateTimeOffset At,
    Guid Uuid,
    string Name,
    long BytesProcessed,
    long BytesTotal,
    long BytesRemaining,
    long BytesPerSecond,
    long DirtyBytesPerSecond,
    int Iteration,
    TimeSpan Elapsed) : SwapEvent(At)
{
    /// <summary>What libvirt says of a VM's job.</summary>
    internal static MoveProgress Of(DateTimeOffset at, PlannedMove move, DomainJob job) => new(
        at,
        move.Uuid,
        move.Name,
        job.DataProcessed,
        job.DataTotal,
        job.DataRemaining,
        job.MemoryBytesPerSecond,
        job.DirtyBytesPerSecond,
        job.Iteration,
        job.Elapsed);
}

/// <summary>A VM's copy does not converge, and is given more.</summary>
/// <param name="At">When.</param>
/// <param name="Uuid">The VM.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rung">What it is given.</param>
/// <param name="Reason">That in words, and why.</param>
public sealed record MoveClimbed(DateTimeOffset At, Guid Uuid, string Name, Rung Rung, string Reason) : SwapEvent(At);

/// <summary>After an interruption it is known where every VM is, and what becomes of it.</summary>
public sealed record Reconciled(DateTimeOffset At, IReadOnlyList<ReconciledVm> Vms) : SwapEvent(At);

/// <summary>Something that the operator should know, such as a service that had to be waited for.</summary>
public sealed record SwapNotice(DateTimeOffset At, string Message) : SwapEvent(At);

/// <summary>The swap has ended.</summary>
public sealed record SwapFinished(DateTimeOffset At, SwapResult Result) : SwapEvent(At);

/// <summary>How a swap ended.</summary>
/// <param name="Operation">Its number in the journal; null where it was refused before it was begun.</param>
/// <param name="Result">The outcome.</param>
/// <param name="Summary">One sentence for people.</param>
/// <param name="Active">The generation that is active now.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Plan">Its plan, where one was made.</param>
/// <param name="Moves">What became of each VM.</param>
/// <param name="Problems">What went wrong, most important first.</param>
public sealed record SwapResult(
    long? Operation,
    OperationResult Result,
    string Summary,
    int Active,
    TimeSpan Elapsed,
    SwapPlan? Plan,
    IReadOnlyList<MoveOutcome> Moves,
    IReadOnlyList<string> Problems);

/// <summary>What became of one VM.</summary>
/// <param name="Uuid">The VM.</param>
/// <param name="Name">Its name.</param>
/// <param name="Method">How it was to be moved.</param>
/// <param name="State">Where its move ended.</param>
/// <param name="Reason">Why.</param>
/// <param name="BytesTransferred">Bytes that QEMU sent.</param>
/// <param name="Downtime">QEMU's measured downtime.</param>
/// <param name="Elapsed">How long the move took.</param>
public sealed record MoveOutcome(
    Guid Uuid,
    string Name,
    MoveMethod Method,
    MoveState State,
    string Reason,
    long? BytesTransferred,
    TimeSpan? Downtime,
    TimeSpan? Elapsed)
{
    /// <summary>One that nothing has been done for yet.</summary>
    internal static MoveOutcome Of(PlannedMove move, MoveState state, string reason) =>
        new(move.Uuid, move.Name, move.Method, state, reason, BytesTransferred: null, Downtime: null, Elapsed: null);

    /// <summary>How high its copy had to climb to converge, or to be given up.</summary>
    public Rung Rung { get; init; }

    /// <summary>Whether nothing is left to be done for it.</summary>
    public bool IsGood => State is MoveState.Verified or MoveState.Removed;
}

/// <summary>Watches a swap. Called from several tasks; must return at once and not throw.</summary>
public interface ISwapObserver
{
    /// <summary>Something happened.</summary>
    void OnEvent(SwapEvent swapEvent);
}

/// <summary>Asks the operator whether the plan shall be carried out.</summary>
public interface ISwapApproval
{
    /// <summary>True to go on.</summary>
    Task<bool> ApproveAsync(SwapPlan plan, CancellationToken cancellationToken);
}
