using Spectre.Console;
using Spectre.Console.Rendering;

namespace HostSwap.Hostctl.Rendering;

/// <summary>The few shapes that every rendering is put together from; all text is made harmless here.</summary>
internal static class Layout
{
    /// <summary>An empty table in the house style.</summary>
    /// <param name="columns">Headings; one that begins with <c>&gt;</c> is right-aligned.</param>
    public static Table Table(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var heading in columns)
        {
            var right = heading.StartsWith('>');
            var column = new TableColumn(new Text(right ? heading[1..] : heading, new Style(decoration: Decoration.Bold)));
            column.Padding = new Padding(0, 0, 2, 0);
            if (right) column.RightAligned();
            table.AddColumn(column);
        }

        return table;
    }

    /// <summary>A cell with a name that others chose.</summary>
    public static IRenderable Name(string text) => new Text(SafeText.Name(text));

    /// <summary>A cell with a sentence.</summary>
    public static IRenderable Cell(string text) => new Text(SafeText.Sentence(text));

    /// <summary>A cell with a sentence in a tone.</summary>
    public static IRenderable Cell(string text, Tone tone) => new Text(SafeText.Sentence(text), StyleOf(tone));

    /// <summary>Writes a table, and an empty line below it.</summary>
    public static void Show(this IAnsiConsole console, Table table)
    {
        console.Write(table);
        console.WriteLine();
    }

    /// <summary>Writes one line.</summary>
    public static void Line(this IAnsiConsole console, string text, Tone tone = Tone.Plain)
    {
        console.Write(new Text(SafeText.Sentence(text), StyleOf(tone)));
        console.WriteLine();
    }

    /// <summary>Writes a heading with a line for each item below it; nothing where there are none.</summary>
    public static void List(this IAnsiConsole console, string heading, IReadOnlyCollection<string> items, Tone tone = Tone.Plain)
    {
        if (items.Count == 0) return;
        console.Line(heading, Tone.Strong);
        foreach (var item in items) console.Line($"  - {item}", tone);
        console.WriteLine();
    }

    /// <summary>Writes a unified diff.</summary>
    public static void Diff(this IAnsiConsole console, string diff, string indent = "")
    {
        foreach (var line in diff.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            console.Line(indent + line, line[0] switch
            {
                '+' => Tone.Good,
                '-' => Tone.Bad,
                '@' => Tone.Faint,
                _ => Tone.Plain,
            });
        }
    }

    private static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Good => new Style(foreground: Color.Green),
        Tone.Doubtful => new Style(foreground: Color.Yellow),
        Tone.Bad => new Style(foreground: Color.Red),
        Tone.Faint => new Style(decoration: Decoration.Dim),
        Tone.Strong => new Style(decoration: Decoration.Bold),
        _ => Style.Plain,
    };
}

/// <summary>What a text wants to say by its looks. The text alone must say it too, for those who see no colour.</summary>
internal enum Tone
{
    /// <summary>Nothing special.</summary>
    Plain,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>To be looked at.</summary>
    Doubtful,

    /// <summary>Wrong.</summary>
    Bad,

    /// <summary>Less important.</summary>
    Faint,

    /// <summary>A heading.</summary>
    Strong,
}
