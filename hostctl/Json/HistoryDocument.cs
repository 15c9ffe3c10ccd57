using System.Text.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl history --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/history/1</c>.</param>
/// <param name="Operations">Recorded operations, newest first.</param>
internal sealed record HistoryDocument(string Schema, IReadOnlyList<OperationDto> Operations)
{
    /// <summary>Maps recorded operations.</summary>
    public static HistoryDocument From(IReadOnlyList<Operation> operations) =>
        new("hostswap/history/1", [.. operations.Select(OperationDto.From)]);
}

/// <summary><c>hostctl show ID --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/show/1</c>.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Entries">Its intended side effects with their outcomes, in order.</param>
/// <param name="Moves">Its VM moves.</param>
internal sealed record ShowDocument(
    string Schema, OperationDto Operation, IReadOnlyList<EntryDto> Entries, IReadOnlyList<MoveDto> Moves)
{
    /// <summary>Maps a recorded operation.</summary>
    public static ShowDocument From(OperationDetails details) => new(
        "hostswap/show/1",
        OperationDto.From(details.Operation),
        [.. details.Entries.Select(EntryDto.From)],
        [.. details.Moves.Select(MoveDto.From)]);
}

/// <summary>One recorded operation.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Kind"><c>init</c>, <c>start</c>, <c>plan</c>, <c>swap</c> …</param>
/// <param name="Result"><c>running</c>, <c>done</c>, <c>nothing-to-do</c>, <c>refused</c>, <c>failed-on-old-side</c> …</param>
/// <param name="Summary">One sentence for people.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="FinishedAt">When it ended; absent where it has not, or died.</param>
/// <param name="ElapsedMs">How long it took.</param>
/// <param name="Detail">What the journal holds besides; not part of the stable schema.</param>
internal sealed record OperationDto(
    long Id,
    string Kind,
    string Result,
    string Summary,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    double? ElapsedMs,
    JsonElement? Detail)
{
    /// <summary>Maps a recorded operation.</summary>
    public static OperationDto From(Operation operation) => new(
        operation.Id,
        Words.Of(operation.Kind),
        Words.Of(operation.Result),
        operation.Summary,
        operation.StartedAt,
        operation.FinishedAt,
        Milliseconds.Of(operation.FinishedAt - operation.StartedAt),
        JournalDetail.Parse(operation.DetailJson));
}

/// <summary>One intended side effect with its outcome.</summary>
/// <param name="Id">Its number in the journal.</param>
/// <param name="Step">The step that intended it.</param>
/// <param name="Subject">What it concerns.</param>
/// <param name="Result"><c>done</c>, <c>failed</c>, or <c>unknown</c> where no outcome is recorded.</param>
/// <param name="Observed">What was observed.</param>
/// <param name="IntendedAt">When it was about to happen.</param>
/// <param name="ObservedAt">When its outcome was observed.</param>
/// <param name="ElapsedMs">The time in between.</param>
/// <param name="Detail">What the journal holds besides; not part of the stable schema.</param>
internal sealed record EntryDto(
    long Id,
    string Step,
    string Subject,
    string Result,
    string Observed,
    DateTimeOffset IntendedAt,
    DateTimeOffset? ObservedAt,
    double? ElapsedMs,
    JsonElement? Detail)
{
    /// <summary>Maps a journal entry.</summary>
    public static EntryDto From(JournalEntry entry) => new(
        entry.Id,
        entry.Step,
        entry.Subject,
        Words.Of(entry.Result),
        entry.Observed,
        entry.IntendedAt,
        entry.ObservedAt,
        Milliseconds.Of(entry.ObservedAt - entry.IntendedAt),
        JournalDetail.Parse(entry.DetailJson));
}

/// <summary>The recorded move of one VM.</summary>
/// <param name="Uuid">The VM.</param>
/// <param name="Name">Its name: untrusted text.</param>
/// <param name="Method">How it was moved.</param>
/// <param name="State">Where its move ended: <c>verified</c>, <c>returned</c>, <c>left</c>, <c>lost</c> …</param>
/// <param name="Reason">Why.</param>
/// <param name="TransferredBytes">Bytes that QEMU sent.</param>
/// <param name="DowntimeMs">QEMU's measured downtime.</param>
/// <param name="ElapsedMs">How long the move took.</param>
internal sealed record MoveDto(
    Guid Uuid,
    string Name,
    string Method,
    string State,
    string Reason,
    long? TransferredBytes,
    double? DowntimeMs,
    double? ElapsedMs)
{
    /// <summary>How high its copy had to climb, as in <c>downtime</c>; absent where it converged by itself.</summary>
    public string? Rung { get; init; }

    /// <summary>Maps a recorded move.</summary>
    public static MoveDto From(MoveRecord move) => new(
        move.Uuid,
        move.Name,
        Words.OfName(move.Method),
        Words.OfName(move.State),
        move.Reason,
        move.BytesTransferred,
        Milliseconds.Of(move.Downtime),
        Milliseconds.Of(move.Elapsed))
    {
        Rung = move.Rung is { } rung ? Words.OfName(rung) : null,
    };
}

/// <summary>Durations in JSON.</summary>
internal static class Milliseconds
{
    /// <summary>Milliseconds with at most three digits after the point.</summary>
    public static double Of(TimeSpan duration) => Math.Round(duration.TotalMilliseconds, 3);

    /// <summary>The same of a duration that may be absent.</summary>
    public static double? Of(TimeSpan? duration) => duration is { } known ? Of(known) : null;
}

/// <summary>The journal's free-form JSON.</summary>
internal static class JournalDetail
{
    /// <summary>Parses it; null where it is empty or, after damage, no JSON.</summary>
    public static JsonElement? Parse(string json)
    {
        if (string.IsNullOrWhiteSpace(json)) return null;
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(json));
        try
        {
            return JsonElement.TryParseValue(ref reader, out var element) ? element : null;
        }
        catch (JsonException)
        {
            // A damaged detail must not keep the rest of the record from being read.
            return null;
        }
    }
}
