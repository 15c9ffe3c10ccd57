using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>Something that people are told of. Made by <see cref="Make"/>, its subject and lines are fit for any receiver.</summary>
/// <param name="Id">Its name, the same at every attempt to deliver it, by which a receiver knows one that it has already.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Host">The machine that it is about.</param>
/// <param name="At">When it happened.</param>
/// <param name="Subject">It in one line.</param>
/// <param name="Text">It in full, by lines.</param>
/// <param name="Operation">The number of the operation that it is about; null where it is about none.</param>
/// <param name="ReportFile">A file of this machine that says more; null where there is none.</param>
public sealed record Notice(
    string Id, NoticeKind Kind, string Host, DateTimeOffset At, string Subject, IReadOnlyList<string> Text, long? Operation, string? ReportFile)
{
    /// <summary>The most characters of a subject; a header line of RFC 5322 has 998.</summary>
    public const int LongestSubject = 200;

    private const int LongestLine = 2000;
    private const int MostLines = 500;
    private const int Digits = 16;

    /// <summary>Makes one with a name of its own. Text may be untrusted: control characters and the like are taken out, and what is too long is cut.</summary>
    public static Notice Make(NoticeKind kind, DateTimeOffset at, string subject, IEnumerable<string> text, long? operation = null, string? reportFile = null) =>
        Named(RandomNumberGenerator.GetHexString(Digits, lowercase: true), kind, at, subject, text, operation, reportFile);

    /// <summary>The same with a given name.</summary>
    internal static Notice Named(string id, NoticeKind kind, DateTimeOffset at, string subject, IEnumerable<string> text, long? operation, string? reportFile) => new(
        id,
        kind,
        Environment.MachineName,
        at,
        OneLine(subject, LongestSubject),
        [.. text.SelectMany(static line => line.ReplaceLineEndings("\n").Split('\n')).Take(MostLines).Select(static line => OneLine(line, LongestLine))],
        operation,
        reportFile is null ? null : OneLine(reportFile, LongestLine));

    /// <summary>
    /// A line that is one to every receiver, and shows all that it has: what breaks lines, steers terminals or changes the order
    /// of letters without being seen becomes U+FFFD.
    /// </summary>
    internal static string OneLine(string text, int longest)
    {
        var line = new StringBuilder(Math.Min(text.Length, longest));
        var count = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (count++ == longest)
                return line.Append('…').ToString();
            if (rune.Value == '\t')
                line.Append(' ');
            else
                line.Append(IsHarmless(rune) ? rune : Rune.ReplacementChar);
        }

        return line.ToString();
    }

    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);
}
