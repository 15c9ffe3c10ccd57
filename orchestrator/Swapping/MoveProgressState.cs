using System.Globalization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Where one move is, kept to the legal transitions, journalled and announced at each.</summary>
internal sealed class MoveProgressState(SwapSession session, PlannedMove move)
{
    private readonly long _began = session.Time.GetTimestamp();
    private long? _stopped;

    public MoveOutcome Outcome { get; private set; } = MoveOutcome.Of(move, MoveState.Pending, move.Reason);

    /// <summary>Whether another try may go better than the last one.</summary>
    public bool MayRetry { get; set; } = true;

    /// <summary>Why its RAM is copied though it could be handed over; null where it could not, or nothing was in the way.</summary>
    public string? WhyCopied { get; set; } = move.WhyNotHandedOver;

    /// <summary>For how long it was off, or stood still, for its move; null where it was not, or that began under an earlier hostctl.</summary>
    public TimeSpan? Pause { get; private set; }

    /// <summary>How it has come to the other side, in words.</summary>
    public string InWords => (Outcome.Method, Pause) switch
    {
        (MoveMethod.Restart, { } pause) => string.Create(CultureInfo.InvariantCulture, $"shut down and started again; no QEMU ran for {pause.TotalSeconds:0.0} s, and its boot came after"),
        (MoveMethod.Restart, null) => "shut down and started again",
        (MoveMethod.SaveRestore, { } pause) => string.Create(CultureInfo.InvariantCulture, $"saved and restored; its guest stood still for {pause.TotalSeconds:0.0} s"),
        (MoveMethod.SaveRestore, null) => "saved and restored",
        (MoveMethod.Copy, _) when WhyCopied is { } why => $"state, persistence and disks as before; its RAM was copied: {why}",
        _ => "state, persistence and disks as before",
    };

    /// <summary>Notes that it does not run any more.</summary>
    public void Stops() => _stopped ??= session.Time.GetTimestamp();

    /// <summary>Notes that it runs again.</summary>
    public void GoesOn()
    {
        Pause = _stopped is { } since ? session.Time.GetElapsedTime(since) : null;
        if (Outcome.Method == MoveMethod.SaveRestore)
            Outcome = Outcome with { Downtime = Pause };
    }

    /// <summary>Notes how high a try had to climb; of several the highest counts.</summary>
    public void Climbed(Rung rung) => Outcome = Outcome with { Rung = rung > Outcome.Rung ? rung : Outcome.Rung };

    /// <summary>Enters <c>Fenced</c> with the method that fits what was seen.</summary>
    public void Begin(MoveMethod method, Ownership seen)
    {
        Outcome = Outcome with { Method = method };
        if (Outcome.State == MoveState.Pending)
            Enter(MoveState.Fenced, $"one owner, on the old side ({seen.Source.InWords})");
    }

    public MoveOutcome Enter(MoveState state, string reason)
    {
        if (!MoveTransitions.IsLegal(Outcome.State, state))
            throw new InvalidOperationException($"a move cannot go from {Outcome.State} to {state} ({reason})");

        Outcome = Outcome with { State = state, Reason = reason, Elapsed = session.Time.GetElapsedTime(_began) };
        session.Record(move, Outcome);
        return Outcome;
    }

    /// <summary>After an arrival the new side's libvirt has the migration's figures, downtime included.</summary>
    public async Task ReadStatisticsAsync()
    {
        if (Outcome.Method is MoveMethod.Define or MoveMethod.Restart or MoveMethod.SaveRestore)
            return;

        try
        {
            var job = await session.Target.Libvirt.Domains.GetCompletedJobAsync(move.Uuid, CancellationToken.None);
            if (job is { Kind: DomainJobKind.Completed })
                Outcome = Outcome with { BytesTransferred = job.DataProcessed, Downtime = job.Downtime };
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            session.Notice($"{move.Name}: the figures of its move cannot be read: {exception.Message}");
        }
    }
}
