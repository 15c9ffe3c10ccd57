using System.Text.Json.Serialization;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Json;

/// <summary>The first line of <c>hostctl swap --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/events/1</c>.</param>
internal sealed record EventsHeader(string Schema)
{
    /// <summary>The header of this version.</summary>
    public static EventsHeader Current { get; } = new("hostswap/events/1");
}

/// <summary>Each further line: what it is says its <c>event</c>. Readers skip events that they do not know.</summary>
/// <param name="At">When it happened.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(SwapStartedLine), "swapStarted")]
[JsonDerivedType(typeof(StepStartedLine), "stepStarted")]
[JsonDerivedType(typeof(StepFinishedLine), "stepFinished")]
[JsonDerivedType(typeof(PlanMadeLine), "planMade")]
[JsonDerivedType(typeof(MoveChangedLine), "moveChanged")]
[JsonDerivedType(typeof(MoveProgressLine), "moveProgress")]
[JsonDerivedType(typeof(MoveClimbedLine), "moveClimbed")]
[JsonDerivedType(typeof(ReconciledLine), "reconciled")]
[JsonDerivedType(typeof(NoteLine), "note")]
[JsonDerivedType(typeof(SwapFinishedLine), "swapFinished")]
[JsonDerivedType(typeof(FailedLine), "failed")]
internal abstract record EventLine(DateTimeOffset At)
{
    /// <summary>Maps the orchestrator's event; null for one that this schema has no line for.</summary>
    public static EventLine? Of(SwapEvent swapEvent) => swapEvent switch
    {
        SwapStarted e => new SwapStartedLine(e.At, e.Operation, Words.Of(e.Kind), e.From, e.Image),
        StepStarted e => new StepStartedLine(e.At, Words.Of(e.Step)),
        StepFinished e => new StepFinishedLine(
            e.At, Words.Of(e.Step), e.Succeeded, Milliseconds.Of(e.Elapsed), e.Observed),
        PlanMade e => new PlanMadeLine(e.At, PlanDto.Map(e.Plan)),
        MoveChanged e => new MoveChangedLine(e.At, e.Uuid, e.Name, Words.Of(e.Method), Words.Of(e.State), e.Reason, Milliseconds.Of(e.Downtime)),
        MoveProgress e => new MoveProgressLine(
            e.At,
            e.Uuid,
            e.Name,
            e.BytesProcessed,
            e.BytesTotal,
            e.BytesRemaining,
            e.BytesPerSecond,
            e.DirtyBytesPerSecond,
            e.Iteration,
            Milliseconds.Of(e.Elapsed)),
        MoveClimbed e => new MoveClimbedLine(e.At, e.Uuid, e.Name, Words.Of(e.Rung), e.Reason),
        Reconciled e => new ReconciledLine(
            e.At, [.. e.Vms.Select(vm => new ReconciledVmDto(vm.Uuid, vm.Name, Words.Of(vm.Verdict), vm.Seen))]),
        SwapNotice e => new NoteLine(e.At, e.Message),
        SwapFinished e => SwapFinishedLine.Map(e.At, e.Result),
        _ => null,
    };
}

/// <summary>The operation has its number; its kind is <c>swap</c>, <c>resume</c> or <c>rollback</c>.</summary>
internal sealed record SwapStartedLine(DateTimeOffset At, long Operation, string Kind, int From, string Image) : EventLine(At);

/// <summary>A step began: <c>preflight</c>, <c>start-candidate</c>, <c>await-ready</c> …</summary>
internal sealed record StepStartedLine(DateTimeOffset At, string Step) : EventLine(At);

/// <summary>A step ended.</summary>
internal sealed record StepFinishedLine(
    DateTimeOffset At, string Step, bool Succeeded, double ElapsedMs, string Observed) : EventLine(At);

/// <summary>The plan is known.</summary>
internal sealed record PlanMadeLine(DateTimeOffset At, PlanDto Plan) : EventLine(At);

/// <summary>A VM's move changed its state: <c>pending</c>, <c>fenced</c>, <c>moving</c>, <c>arrived</c> …</summary>
internal sealed record MoveChangedLine(
    DateTimeOffset At, Guid Uuid, string Name, string Method, string State, string Reason, double? DowntimeMs) : EventLine(At);

/// <summary>How far a VM's transfer is; rates are bytes a second.</summary>
internal sealed record MoveProgressLine(
    DateTimeOffset At,
    Guid Uuid,
    string Name,
    long ProcessedBytes,
    long TotalBytes,
    long RemainingBytes,
    long RatePerSecondBytes,
    long DirtyPerSecondBytes,
    int Iteration,
    double ElapsedMs) : EventLine(At);

/// <summary>
/// A VM's copy does not converge and is given more: <c>bandwidth</c>, <c>auto-converge</c>, <c>downtime</c>,
/// <c>post-copy</c>, <c>pause</c>, or it is given up: <c>stay</c>.
/// </summary>
internal sealed record MoveClimbedLine(DateTimeOffset At, Guid Uuid, string Name, string Rung, string Reason) : EventLine(At);

/// <summary>After an interruption: where every VM was found.</summary>
internal sealed record ReconciledLine(DateTimeOffset At, IReadOnlyList<ReconciledVmDto> Vms) : EventLine(At);

/// <summary>One VM: its verdict is <c>adopt</c>, <c>move-again</c>, <c>refuse</c>, <c>lost</c> or <c>broken</c>.</summary>
internal sealed record ReconciledVmDto(Guid Uuid, string Name, string Verdict, string Seen);

/// <summary>Something that hostctl itself has to say, such as that a signal arrived.</summary>
internal sealed record NoteLine(DateTimeOffset At, string Message) : EventLine(At);

/// <summary>The swap has ended; the last line of a swap that began.</summary>
/// <param name="At">When.</param>
/// <param name="Operation">Its number in the journal; absent where it was refused before it was begun.</param>
/// <param name="Result"><c>done</c>, <c>nothing-to-do</c>, <c>refused</c>, <c>failed-on-old-side</c> …</param>
/// <param name="ExitCode">The exit status that follows from it.</param>
/// <param name="Summary">One sentence for people.</param>
/// <param name="ActiveGeneration">The generation that is active now.</param>
/// <param name="ElapsedMs">How long it took.</param>
/// <param name="Moves">What became of each VM.</param>
/// <param name="Problems">What went wrong, most important first.</param>
internal sealed record SwapFinishedLine(
    DateTimeOffset At,
    long? Operation,
    string Result,
    int ExitCode,
    string Summary,
    int ActiveGeneration,
    double ElapsedMs,
    IReadOnlyList<MoveDto> Moves,
    IReadOnlyList<string> Problems) : EventLine(At)
{
    /// <summary>Maps the orchestrator's result.</summary>
    public static SwapFinishedLine Map(DateTimeOffset at, SwapResult result) => new(
        at,
        result.Operation,
        Words.Of(result.Result),
        (int)ExitCodes.From(result.Result),
        result.Summary,
        result.Active,
        Milliseconds.Of(result.Elapsed),
        [.. result.Moves.Select(Map)],
        result.Problems);

    private static MoveDto Map(MoveOutcome move) => new(
        move.Uuid,
        move.Name,
        Words.Of(move.Method),
        Words.Of(move.State),
        move.Reason,
        move.BytesTransferred,
        Milliseconds.Of(move.Downtime),
        Milliseconds.Of(move.Elapsed))
    {
        Rung = move.Rung == Rung.None ? null : Words.Of(move.Rung),
    };
}

/// <summary>The swap could not begin, or hostctl failed; the last line then.</summary>
/// <param name="At">When.</param>
/// <param name="ExitCode">The exit status.</param>
/// <param name="Code">Its name, as in <c>locked</c>.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record FailedLine(DateTimeOffset At, int ExitCode, string Code, string Message, string? Remedy)
    : EventLine(At);
