using HostSwap.Orchestrator.Notifying;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary>Notices for people.</summary>
internal static class NoticeText
{
    /// <summary>Writes what waits.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<WaitingNotice> waiting, TimeZoneInfo zone)
    {
        if (waiting.Count == 0)
        {
            console.Line("No notice waits.");
            return;
        }

        var table = Layout.Table("Notice", "Kind", "Target", "Since", ">Tried", "Next", "Subject");
        foreach (var notice in waiting)
        {
            table.AddRow(
                Layout.Name(notice.Notice.Id),
                Layout.Cell(NoticeKinds.Word(notice.Notice.Kind)),
                Layout.Name(notice.Target),
                Layout.Cell(Format.Moment(notice.QueuedAt, zone)),
                Layout.Cell(notice.Attempts.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                Layout.Cell(Format.Moment(notice.NotBefore, zone)),
                Layout.Cell(notice.Notice.Subject));
        }

        console.Show(table);
        console.List(
            "Why not yet:",
            [.. waiting.Where(static notice => notice.LastError is not null).Select(static notice => $"{notice.Notice.Id} to {notice.Target}: {notice.LastError}")],
            Tone.Doubtful);
    }

    /// <summary>Writes what each target answered.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<NoticeAttempt> attempts, TimeZoneInfo zone)
    {
        foreach (var attempt in attempts)
            console.Line(Sentence(attempt, zone), attempt.Outcome == NoticeOutcome.Delivered ? Tone.Good : Tone.Bad);
    }

    /// <summary>One attempt in a line.</summary>
    public static string Sentence(NoticeAttempt attempt, TimeZoneInfo zone)
    {
        var to = attempt.Target.Length == 0 ? "" : $"{attempt.Target}: ";
        var remedy = attempt.Remedy.Length == 0 ? "" : $" {attempt.Remedy}";
        return attempt.Outcome switch
        {
            NoticeOutcome.Delivered => $"{to}delivered: {attempt.Answer}",
            NoticeOutcome.GivenUp => $"{to}given up: \"{attempt.Subject}\": {attempt.Answer}.{remedy}",
            _ => $"{to}not delivered: {attempt.Answer}.{remedy}{(attempt.NextAt is { } next ? $" Tried again after {Format.Moment(next, zone)}." : "")}",
        };
    }
}
