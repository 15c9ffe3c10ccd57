using System.Xml.Linq;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Hostctl.Reporting;

/// <summary>
/// One operation as a page that stands by itself: no scripts, and nothing of another place. Text that others wrote becomes text,
/// whatever is in it.
/// </summary>
internal static class ReportPage
{
    private static readonly IReadOnlyList<(string Class, string Words)> Legend =
    [
        ("host", "the host"), ("canary", "a canary"), ("move", "a VM's move"), ("care", "what belongs to it"), ("failed", "failed, or without an end"), ("blackout", "the VM stood still"),
    ];

    /// <summary>Makes it.</summary>
    /// <param name="details">The operation.</param>
    /// <param name="packages">What it changed of packages; null where that is not known any more.</param>
    /// <param name="zone">The time zone of whoever reads it.</param>
    /// <param name="refresh">The refresh that it belongs to; null where it belongs to none.</param>
    public static string Make(OperationDetails details, ImageComparison? packages, TimeZoneInfo zone, RefreshRecord? refresh = null)
    {
        var operation = details.Operation;
        var title = $"{Words.Of(operation.Kind)} {operation.Id}: {Words.Of(operation.Result)}";
        var page = new XElement(
            "html",
            new XAttribute("lang", "en"),
            new XElement(
                "head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("title", $"HostSwap: {title}"),
                new XElement("style", ReportStyle.Sheet)),
            new XElement(
                "body",
                new XElement("h1", new XAttribute("class", HistoryText.ToneOf(operation.Result) switch { Tone.Good => "good", Tone.Bad => "bad", _ => "" }), title),
                Text("p", operation.Summary),
                new XElement("p", new XAttribute("class", "faint"), When(operation, zone)),
                Picture(details),
                Moves(details.Moves),
                operation.Kind.MovesVms() ? Packages(packages) : [],
                refresh is null ? [] : Refresh(refresh, zone),
                Steps(details.Entries, zone)));
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    private static string When(Operation operation, TimeZoneInfo zone) => operation.FinishedAt is { } end
        ? $"{Format.Moment(operation.StartedAt, zone)} to {Format.Clock(end, zone)}, {Format.Duration(end - operation.StartedAt)}; times are of {zone.Id}"
        : $"begun {Format.Moment(operation.StartedAt, zone)}, and no end is recorded; times are of {zone.Id}";

    private static XElement Picture(OperationDetails details) => new(
        "figure",
        TimelinePicture.Draw(Timeline.Of(details)),
        new XElement("figcaption", Legend.Select(static item => new object[] { new XElement("span", new XAttribute("class", $"key {item.Class}"), ""), item.Words })));

    private static IEnumerable<XElement> Moves(IReadOnlyList<MoveRecord> moves)
    {
        if (moves.Count == 0)
            yield break;
        yield return new XElement("h2", Format.Count(moves.Count, "VM"));
        yield return Table(
            ["VM", "Method", "State", ">Sent", ">Rate", ">Stood still", ">Took", "Why"],
            moves.Select(static move => new[]
            {
                SafeText.Name(move.Name),
                Words.OfName(move.Method),
                Words.OfName(move.State),
                move.BytesTransferred is { } bytes ? Format.Bytes(bytes) : "",
                move is { BytesTransferred: { } sent, Elapsed: { TotalSeconds: > 0 } took } ? Format.Rate((long)(sent / took.TotalSeconds)) : "",
                move.Downtime is { } downtime ? Format.Duration(downtime) : "",
                move.Elapsed is { } elapsed ? Format.Duration(elapsed) : "",
                SafeText.Sentence(move.Reason),
            }));
    }

    private static IEnumerable<XElement> Packages(ImageComparison? comparison)
    {
        yield return new XElement("h2", "Packages");
        if (comparison is null)
        {
            yield return new XElement("p", "What the operation changed of packages cannot be said any more: one of its images is not on this machine.");
            yield break;
        }

        yield return Text("p", $"{Format.Count(comparison.Packages.Count, "package")} changed; those on which security rests come first.");
        if (comparison.Packages.Count > 0)
        {
            yield return Folded(
                "All of them",
                Table(
                    ["Package", "Before", "After", "Security rests on it"],
                    comparison.Packages.Select(static package => new[] { SafeText.Name(package.Name), package.From ?? "absent", package.To ?? "absent", package.Sensitive ? "yes" : "" })));
        }
    }

    /// <summary>What came before the swap and after it, why, and what the plan warned of.</summary>
    private static IEnumerable<XElement> Refresh(RefreshRecord refresh, TimeZoneInfo zone)
    {
        yield return new XElement("h2", $"Refresh {refresh.Id}");
        yield return Text("p", refresh switch
        {
            { Window: { } window } => $"It began by itself in window {window.Name}, from {Format.Moment(window.From, zone)} to {Format.Clock(window.To, zone)}.",
            { Scheduled: true } => "It began by itself.",
            _ => "Somebody asked for it.",
        });
        foreach (var warning in refresh.Warnings)
            yield return new XElement("p", new XAttribute("class", "bad"), $"Warning: {SafeText.Sentence(warning)}");
        yield return Table(
            ["At", "Stage", ">Took", "Seen"],
            refresh.Stages.Select(stage => new[]
            {
                Format.Clock(stage.StartedAt, zone),
                Words.Of(stage.Stage),
                stage.FinishedAt is { } end ? Format.Duration(end - stage.StartedAt) : "",
                SafeText.Sentence(stage.Observed),
            }));
        if (refresh.Updates is { Packages: [_, ..] updates })
        {
            yield return Folded(
                $"{Format.Count(updates.Count, "package")} for which it was begun",
                Table(
                    ["Package", "Before", "Newer", "Security update", "From"],
                    updates.Select(static package => new[] { SafeText.Name(package.Name), package.From ?? "absent", package.To, package.Security ? "yes" : "", SafeText.Sentence(package.Origin) })));
        }
    }

    private static XElement Steps(IReadOnlyList<JournalEntry> entries, TimeZoneInfo zone) => Folded(
        $"{Format.Count(entries.Count, "step")} of the journal",
        Table(
            ["At", "Step", "Subject", "Outcome", ">Took", "Seen"],
            entries.Select(entry => new[]
            {
                Format.Clock(entry.IntendedAt, zone),
                SafeText.Name(entry.Step),
                SafeText.Name(entry.Subject),
                Words.Of(entry.Result),
                entry.ObservedAt is { } end ? Format.Duration(end - entry.IntendedAt) : "",
                SafeText.Sentence(entry.Observed),
            })));

    private static XElement Folded(string heading, XElement content) => new("details", new XElement("summary", heading), content);

    /// <summary>A heading that begins with <c>&gt;</c> is that of numbers.</summary>
    private static XElement Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows) => new(
        "table",
        new XElement("thead", new XElement("tr", headings.Select(static heading => Cell("th", heading.TrimStart('>'), heading.StartsWith('>'))))),
        new XElement("tbody", rows.Select(row => new XElement("tr", row.Select((text, column) => Cell("td", text, headings[column].StartsWith('>')))))));

    private static XElement Cell(string name, string text, bool number) => new(name, number ? new XAttribute("class", "number") : null, text);

    private static XElement Text(string name, string text) => new(name, SafeText.Sentence(text));
}
