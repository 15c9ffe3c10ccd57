using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Journal;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary><c>history</c> and <c>show</c> for people.</summary>
internal static class HistoryText
{
    /// <summary>Writes a line for each operation.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<Operation> operations, TimeZoneInfo zone)
    {
        if (operations.Count == 0)
        {
            console.Line("No operation is recorded.");
            return;
        }

        var table = Layout.Table(">Id", "What", "Result", "Begun", ">Took", "Summary");
        foreach (var operation in operations)
        {
            table.AddRow(
                Layout.Cell($"{operation.Id}"),
                Layout.Cell(Words.Of(operation.Kind)),
                Layout.Cell(Words.Of(operation.Result), ToneOf(operation.Result)),
                Layout.Cell(Format.Moment(operation.StartedAt, zone)),
                Layout.Cell(Took(operation.StartedAt, operation.FinishedAt)),
                Layout.Cell(operation.Summary));
        }

        console.Show(table);
    }

    /// <summary>Writes all that is recorded of one operation.</summary>
    public static void Write(IAnsiConsole console, OperationDetails details, TimeZoneInfo zone)
    {
        var operation = details.Operation;
        console.Line($"{Capital(Words.Of(operation.Kind))} {operation.Id}: {Words.Of(operation.Result)}", ToneOf(operation.Result));
        if (operation.Summary.Length > 0) console.Line(operation.Summary);
        var end = operation.FinishedAt is { } finished
            ? $"ended {Format.Moment(finished, zone)}, took {Took(operation.StartedAt, finished)}"
            : "no end is recorded";
        console.Line($"Begun {Format.Moment(operation.StartedAt, zone)}, {end}.", Tone.Faint);
        console.WriteLine();
        WriteEntries(console, details.Entries, zone);
        WriteMoves(console, details.Moves);
    }

    private static void WriteEntries(IAnsiConsole console, IReadOnlyList<JournalEntry> entries, TimeZoneInfo zone)
    {
        if (entries.Count == 0) return;
        var table = Layout.Table("At", "Step", "Subject", "Outcome", ">Took", "Observed");
        foreach (var entry in entries)
        {
            table.AddRow(
                Layout.Cell(Format.Clock(entry.IntendedAt, zone)),
                Layout.Cell(entry.Step),
                Layout.Name(entry.Subject),
                Layout.Cell(Words.Of(entry.Result), ToneOf(entry.Result)),
                Layout.Cell(Took(entry.IntendedAt, entry.ObservedAt)),
                Layout.Cell(entry.Observed));
        }

        console.Show(table);
    }

    private static void WriteMoves(IAnsiConsole console, IReadOnlyList<MoveRecord> moves)
    {
        if (moves.Count == 0) return;
        var table = Layout.Table("VM", "Method", "State", ">Sent", ">Downtime", ">Took", "Reason");
        foreach (var move in moves)
        {
            table.AddRow(
                Layout.Name(move.Name),
                Layout.Cell(Words.OfName(move.Method)),
                Layout.Cell(Words.OfName(move.State)),
                Layout.Cell(move.BytesTransferred is { } bytes ? Format.Bytes(bytes) : ""),
                Layout.Cell(move.Downtime is { } downtime ? Format.Duration(downtime) : ""),
                Layout.Cell(move.Elapsed is { } elapsed ? Format.Duration(elapsed) : ""),
                Layout.Cell(move.Rung is { } rung ? $"{move.Reason} (climbed to {Words.OfName(rung)})" : move.Reason));
        }

        console.Show(table);
    }

    private static string Took(DateTimeOffset from, DateTimeOffset? to) => to is { } end ? Format.Duration(end - from) : "";

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static Tone ToneOf(EntryResult result) => result switch
    {
        EntryResult.Done => Tone.Good,
        EntryResult.Failed => Tone.Bad,
        _ => Tone.Doubtful,
    };

    /// <summary>The tone that a result has everywhere.</summary>
    public static Tone ToneOf(OperationResult result) => result switch
    {
        OperationResult.Done => Tone.Good,
        OperationResult.NothingToDo or OperationResult.Declined => Tone.Plain,
        OperationResult.Running or OperationResult.Interrupted or OperationResult.Refused => Tone.Doubtful,
        _ => Tone.Bad,
    };
}
