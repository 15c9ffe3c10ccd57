using System.Text;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary>Makes the consoles that tables are drawn on.</summary>
internal static class Consoles
{
    /// <summary>
    /// Where there is no screen every row shall be one line, whatever its length, so that it can be searched.
    /// </summary>
    private const int UnlimitedWidth = 2000;

    /// <summary>Makes a console on a writer.</summary>
    /// <param name="writer">Where the text goes.</param>
    /// <param name="isTerminal">Whether that is a terminal.</param>
    /// <param name="services">Screen size and environment.</param>
    /// <param name="noColor">Whether <c>--no-color</c> was given.</param>
    public static IAnsiConsole Create(TextWriter writer, bool isTerminal, HostctlServices services, bool noColor)
    {
        var ansi = isTerminal && !IsDumb(services.Environment);
        var color = ansi && !noColor && !HasNoColor(services.Environment);
        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,

            // The sixteen colours follow the terminal's own theme, so that they are readable on any background.
            ColorSystem = color ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new WriterOutput(writer, isTerminal, services.Terminal),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
    }

    /// <summary>Whether the terminal understands no control sequences.</summary>
    public static bool IsDumb(IReadOnlyDictionary<string, string?> environment) =>
        !environment.TryGetValue("TERM", out var term) || term is null or "" or "dumb";

    // https://no-color.org: any value but the empty one.
    private static bool HasNoColor(IReadOnlyDictionary<string, string?> environment) =>
        environment.TryGetValue("NO_COLOR", out var value) && !string.IsNullOrEmpty(value);

    private sealed class WriterOutput(TextWriter writer, bool isTerminal, TerminalFacts facts) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => isTerminal;

        public int Width => isTerminal ? facts.Width() : UnlimitedWidth;

        public int Height => facts.Height();

        public void SetEncoding(Encoding encoding)
        {
            // The writer's encoding is the process's own and is not hostctl's to change.
        }
    }
}
