using System.Collections;
using HostSwap.Hostctl.Systemd;

namespace HostSwap.Hostctl;

/// <summary>Everything of the outside world that hostctl touches, so that tests run whole command lines in process.</summary>
internal sealed class HostctlServices
{
    /// <summary>Where results go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where errors, and in JSON mode all human text, go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Where the operator's answers come from.</summary>
    public required TextReader In { get; init; }

    /// <summary>Which of the three are terminals.</summary>
    public required TerminalFacts Terminal { get; init; }

    /// <summary>The environment variables.</summary>
    public required IReadOnlyDictionary<string, string?> Environment { get; init; }

    /// <summary>Opens the outer host.</summary>
    public required IOuterHostFactory Factory { get; init; }

    /// <summary>The process's signals.</summary>
    public required ISignals Signals { get; init; }

    /// <summary>Starts programs with this terminal.</summary>
    public required IChildRunner Children { get; init; }

    /// <summary>systemd's journal.</summary>
    public required ISystemJournal Journal { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The services of the real program.</summary>
    public static HostctlServices ForThisProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        In = new ConsoleReader(),
        Terminal = TerminalFacts.OfThisProcess(),
        Environment = ReadEnvironment(),
        Factory = new Composition(),
        Signals = new ProcessSignals(),
        Children = new ChildRunner(),
        Journal = new SystemJournal(),
        Time = TimeProvider.System,
    };

    private static Dictionary<string, string?> ReadEnvironment()
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
            variables[(string)entry.Key] = (string?)entry.Value;
        return variables;
    }

    /// <summary>Touches the console's input only when something is read, since doing so changes the terminal's mode.</summary>
    private sealed class ConsoleReader : TextReader
    {
        public override string? ReadLine() => Console.In.ReadLine();
    }
}

/// <summary>Which standard streams are terminals, and how large the screen is.</summary>
/// <param name="Input">Whether standard input is a terminal.</param>
/// <param name="Output">Whether standard output is one.</param>
/// <param name="Error">Whether standard error is one.</param>
/// <param name="Width">Columns of the screen, asked each time since it may be resized.</param>
/// <param name="Height">Rows of the screen.</param>
internal sealed record TerminalFacts(bool Input, bool Output, bool Error, Func<int> Width, Func<int> Height)
{
    private const int UnknownWidth = 80;
    private const int UnknownHeight = 24;

    /// <summary>The facts of this process.</summary>
    public static TerminalFacts OfThisProcess() => new(
        !Console.IsInputRedirected,
        !Console.IsOutputRedirected,
        !Console.IsErrorRedirected,
        () => Console.WindowWidth is > 0 and var width ? width : UnknownWidth,
        () => Console.WindowHeight is > 0 and var height ? height : UnknownHeight);
}
