namespace HostSwap.Orchestrator.Journal;

/// <summary>
/// The durable record of what operations intended and what was observed. A write that returns is on disk
/// (SQLite, WAL, <c>synchronous=FULL</c>); a write that cannot be made throws <see cref="JournalException"/>, and nothing
/// may happen after it: every later write throws too. So does every write of one that another hostctl has replaced
/// (<see cref="FencedException"/>). Reads throw it where the file is damaged. What a caller may not
/// do, such as close an operation twice, throws <see cref="InvalidOperationException"/>.
/// Safe for use from several tasks at once.
/// </summary>
public interface IJournal : IDisposable
{
    /// <summary>Opens a new operation; its number is what <c>hostctl show</c> takes.</summary>
    Operation Begin(OperationKind kind, string summary, string detailJson);

    /// <summary>Records that a side effect is about to happen.</summary>
    /// <returns>The entry's number, to be given to <see cref="Outcome"/>.</returns>
    long Intend(long operation, string step, string subject, string detailJson);

    /// <summary>Records what was observed after an intended side effect.</summary>
    void Outcome(long entry, EntryResult result, string observed);

    /// <summary>Stores the state of one VM's move, replacing its earlier one.</summary>
    void RecordMove(long operation, MoveRecord move);

    /// <summary>Replaces what is kept of an open operation besides its steps and moves.</summary>
    void RecordDetail(long operation, string detailJson);

    /// <summary>Closes an operation, and forgets those beyond the newest <see cref="SqliteJournal.KeptOperations"/>.</summary>
    /// <param name="operation">The operation, which must not have been closed before.</param>
    /// <param name="result">How it ended; not <see cref="OperationResult.Running"/>.</param>
    /// <param name="summary">One sentence for people.</param>
    /// <param name="detailJson">Whatever else is to be known of it.</param>
    /// <param name="ending">What it leaves behind.</param>
    void Finish(long operation, OperationResult result, string summary, string detailJson, OperationEnding ending);

    /// <summary>Creates or replaces the records of generations, all in one step.</summary>
    /// <param name="generations">The records.</param>
    /// <param name="forgotten">A generation that is forgotten in the same step; null for none.</param>
    void RecordGenerations(IReadOnlyList<GenerationRecord> generations, int? forgotten = null);

    /// <summary>Forgets a generation that has been removed.</summary>
    void ForgetGeneration(int number);

    /// <summary>Stores what a canary has shown in an operation, in place of what an earlier one has of the same.</summary>
    void RecordCanary(long operation, CanaryKey key, CanaryOutcome outcome, string reason);

    /// <summary>What a canary has shown last; null where none ever came to an end, or that is long ago.</summary>
    CanaryRecord? FindCanary(CanaryKey key);

    /// <summary>All recorded generations, by number.</summary>
    IReadOnlyList<GenerationRecord> Generations();

    /// <summary>Operations, newest first.</summary>
    IReadOnlyList<Operation> Operations(int limit);

    /// <summary>One operation; null where there is none of that number.</summary>
    Operation? FindOperation(long operation);

    /// <summary>The entries of one operation, in order.</summary>
    IReadOnlyList<JournalEntry> Entries(long operation);

    /// <summary>The VM moves of one operation, in order of their first record.</summary>
    IReadOnlyList<MoveRecord> Moves(long operation);

    /// <summary>
    /// The operations that still have to be continued, newest first: each moves VMs, and died or was closed as
    /// resumable, and no later one has brought every VM to one side. One that runs now is among them. Empty where
    /// nothing is unfinished.
    /// </summary>
    IReadOnlyList<Operation> UnfinishedOperations();
}

/// <summary>What an operation is.</summary>
public enum OperationKind
{
    /// <summary><c>hostctl init</c>.</summary>
    Init,

    /// <summary><c>hostctl start</c>.</summary>
    Start,

    /// <summary><c>hostctl plan</c>.</summary>
    Plan,

    /// <summary><c>hostctl swap</c>.</summary>
    Swap,

    /// <summary><c>hostctl resume</c>: continues what was interrupted, or returns everything.</summary>
    Resume,

    /// <summary><c>hostctl rollback</c>.</summary>
    Rollback,

    /// <summary><c>hostctl retire</c>.</summary>
    Retire,

    /// <summary><c>hostctl adopt</c>.</summary>
    Adopt,

    /// <summary><c>hostctl vm prepare</c>.</summary>
    Prepare,

    /// <summary><c>hostctl vm unprepare</c>.</summary>
    Unprepare,
}

/// <summary>What kinds of operations have in common.</summary>
public static class OperationKinds
{
    /// <summary>Those that move VMs from one generation to another, and so can leave some in each.</summary>
    public static IReadOnlyList<OperationKind> Movers { get; } = [OperationKind.Swap, OperationKind.Resume, OperationKind.Rollback, OperationKind.Adopt];

    /// <summary>Whether it moves VMs.</summary>
    public static bool MovesVms(this OperationKind kind) => Movers.Contains(kind);
}

/// <summary>What an operation that has ended leaves behind.</summary>
public enum OperationEnding
{
    /// <summary>Nothing of its own that would have to be continued; what was unfinished before it still is.</summary>
    Untouched,

    /// <summary>
    /// It moves VMs and has brought all to one side: it closes the unfinished operations before it with it. Of an
    /// operation that moves none it says no more than <see cref="Untouched"/>.
    /// </summary>
    Settled,

    /// <summary>It has to be continued, where it moves VMs: <see cref="IJournal.UnfinishedOperations"/> goes on to return it.</summary>
    Resumable,
}

/// <summary>How an operation ended.</summary>
public enum OperationResult
{
    /// <summary>It has not ended, or died.</summary>
    Running,

    /// <summary>Everything was done.</summary>
    Done,

    /// <summary>There was nothing to do.</summary>
    NothingToDo,

    /// <summary>The plan had blockers; nothing was moved.</summary>
    Refused,

    /// <summary>The operator said no; nothing was moved.</summary>
    Declined,

    /// <summary>It failed and every VM is where it was.</summary>
    FailedOnOldSide,

    /// <summary>It failed with VMs in both generations; a later swap continues it.</summary>
    FailedOnBothSides,

    /// <summary>It was interrupted in an orderly way.</summary>
    Interrupted,

    /// <summary>It stopped because who owns a VM could not be established, or a VM was lost.</summary>
    NeedsPerson,
}

/// <summary>One recorded operation.</summary>
public sealed record Operation(
    long Id,
    OperationKind Kind,
    OperationResult Result,
    string Summary,
    string DetailJson,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt);

/// <summary>How an intended side effect came out.</summary>
public enum EntryResult
{
    /// <summary>No outcome is recorded: the process died between intent and outcome.</summary>
    Unknown,

    /// <summary>The world shows the intended effect.</summary>
    Done,

    /// <summary>It failed.</summary>
    Failed,
}

/// <summary>One intended side effect with its outcome.</summary>
public sealed record JournalEntry(
    long Id,
    long Operation,
    string Step,
    string Subject,
    string DetailJson,
    EntryResult Result,
    string Observed,
    DateTimeOffset IntendedAt,
    DateTimeOffset? ObservedAt);

/// <summary>The durable state of one VM's move.</summary>
/// <param name="Uuid">The VM.</param>
/// <param name="Name">Its name when the move was planned.</param>
/// <param name="Method">Name of the planned <c>MoveMethod</c>.</param>
/// <param name="State">Name of the <c>MoveState</c>.</param>
/// <param name="Reason">Why it is in this state.</param>
/// <param name="Autostart">Whether it was to be started by itself in the old generation; restored on activation.</param>
/// <param name="BytesTransferred">Bytes that the move sent.</param>
/// <param name="Downtime">QEMU's measured downtime.</param>
/// <param name="Elapsed">How long the move took.</param>
public sealed record MoveRecord(
    Guid Uuid,
    string Name,
    string Method,
    string State,
    string Reason,
    bool Autostart,
    long? BytesTransferred,
    TimeSpan? Downtime,
    TimeSpan? Elapsed)
{
    /// <summary>Name of the <c>Rung</c> to which its copy had to climb; null where it converged by itself.</summary>
    public string? Rung { get; init; }
}

/// <summary>The durable record of a generation.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Role">Name of the <c>GenerationRole</c>.</param>
/// <param name="Image">The image reference that it was created from.</param>
/// <param name="ImageId">The image's digest.</param>
/// <param name="HostUuid">Its libvirt host UUID, which is its machine id.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="RetiredAt">When it was retired.</param>
public sealed record GenerationRecord(
    int Number,
    string Role,
    string Image,
    string ImageId,
    Guid HostUuid,
    DateTimeOffset CreatedAt,
    DateTimeOffset? RetiredAt);
