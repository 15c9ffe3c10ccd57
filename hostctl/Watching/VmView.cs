using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Watching;

/// <summary>What one VM's move looks like at one moment. Sizes are bytes, rates bytes a second.</summary>
internal sealed record VmView(Guid Uuid, string Name, MoveMethod Method)
{
    /// <summary>Where its move stands.</summary>
    public MoveState State { get; init; } = MoveState.Pending;

    /// <summary>Why it is there.</summary>
    public string Reason { get; init; } = "";

    /// <summary>How high its copy has had to climb.</summary>
    public Rung Rung { get; init; }

    /// <summary>Bytes sent so far.</summary>
    public long ProcessedBytes { get; init; }

    /// <summary>Bytes in all, as libvirt counts them now.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Bytes still to be sent; rises again while the guest dirties memory.</summary>
    public long RemainingBytes { get; init; }

    /// <summary>Speed of the transfer.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>How fast the guest dirties memory.</summary>
    public long DirtyBytesPerSecond { get; init; }

    /// <summary>Pre-copy pass, from 1; 0 before the first.</summary>
    public int Iteration { get; init; }

    /// <summary>QEMU's measured downtime, once known.</summary>
    public TimeSpan? Downtime { get; init; }

    /// <summary>When its move left <see cref="MoveState.Pending"/>.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How long its move took, once it is over.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>Whether something is being done with it right now.</summary>
    public bool IsInFlight => State is MoveState.Fenced or MoveState.Moving;

    /// <summary>Whether it is on the new side.</summary>
    public bool IsArrived => State is MoveState.Arrived or MoveState.Verified;

    /// <summary>Whether its move ended otherwise than it should.</summary>
    public bool IsFailed => State is MoveState.Returned or MoveState.Lost or MoveState.Left;

    /// <summary>How much of it has been sent, from 0 to 1; null where that is not known.</summary>
    public double? Share => this switch
    {
        { IsArrived: true } => 1,
        { State: not MoveState.Moving } or { TotalBytes: <= 0 } => null,

        // Not processed/total: what was dirtied is sent again, so that this would pass 1.
        _ => Math.Clamp(1 - ((double)RemainingBytes / TotalBytes), 0, 1),
    };

    /// <summary>The time that its move has taken at a moment.</summary>
    public TimeSpan? ElapsedAt(DateTimeOffset now) =>
        Elapsed ?? (StartedAt is { } started && now > started ? now - started : null);

    /// <summary>After a change of its state.</summary>
    public VmView Change(MoveChanged e)
    {
        var started = StartedAt ?? (e.State == MoveState.Pending ? null : e.At);
        var changed = this with { Method = e.Method, State = e.State, Reason = e.Reason, StartedAt = started, Downtime = e.Downtime ?? Downtime };
        return changed.IsInFlight || e.State == MoveState.Pending
            ? changed with { Elapsed = null }
            : changed with { Elapsed = Elapsed ?? e.At - started };
    }

    /// <summary>After a report of its progress. One that comes late changes nothing but what was sent.</summary>
    public VmView Progress(MoveProgress e) => this with
    {
        ProcessedBytes = Math.Max(ProcessedBytes, e.BytesProcessed),
        TotalBytes = e.BytesTotal,
        RemainingBytes = IsArrived ? 0 : e.BytesRemaining,
        BytesPerSecond = e.BytesPerSecond,
        DirtyBytesPerSecond = e.DirtyBytesPerSecond,
        Iteration = e.Iteration,
        StartedAt = StartedAt ?? e.At - e.Elapsed,
    };

    /// <summary>After the end of the swap.</summary>
    public VmView Finish(MoveOutcome outcome) => this with
    {
        Method = outcome.Method,
        State = outcome.State,
        Reason = outcome.Reason,
        ProcessedBytes = outcome.BytesTransferred ?? ProcessedBytes,
        Downtime = outcome.Downtime,
        Elapsed = outcome.Elapsed ?? Elapsed,
    };
}
