using System.Globalization;
using System.Text;

namespace HostSwap.Hostctl.Rendering;

/// <summary>
/// Makes text that others wrote (VM names, messages of libvirt, references) harmless on a terminal and in a line of
/// text. What is taken out stays visible as an escape, so that two names that differ only there can be told apart.
/// </summary>
internal static class SafeText
{
    /// <summary>How much of a name is shown.</summary>
    public const int NameLimit = 64;

    /// <summary>How much of a sentence is shown.</summary>
    public const int SentenceLimit = 1000;

    /// <summary>A name on one line.</summary>
    public static string Name(string text) => OneLine(text, NameLimit);

    /// <summary>A sentence on one line.</summary>
    public static string Sentence(string text) => OneLine(text, SentenceLimit);

    /// <summary>
    /// A message that may have several lines. Each further line is indented, so that text from outside cannot pose as
    /// a line of hostctl's own.
    /// </summary>
    public static string Message(string text) =>
        string.Join("\n  ", text.ReplaceLineEndings("\n").Split('\n').Select(Sentence));

    private static string OneLine(string text, int limit)
    {
        var safe = new StringBuilder(Math.Min(text.Length, limit));
        var shown = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown++ == limit) return safe.Append('…').ToString();
            Append(safe, rune);
        }

        return safe.ToString();
    }

    private static void Append(StringBuilder safe, Rune rune)
    {
        switch (rune.Value)
        {
            case '\n': safe.Append("\\n"); return;
            case '\r': safe.Append("\\r"); return;
            case '\t': safe.Append("\\t"); return;
            case 0x1b: safe.Append("\\e"); return;
        }

        if (IsHarmless(rune)) safe.Append(rune);
        else safe.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
    }

    // Format characters include the bidi overrides, the zero-width ones and the tags: all that changes what is seen
    // without being seen. An unpaired surrogate has become U+FFFD already.
    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned);
}
