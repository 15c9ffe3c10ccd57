using System.CommandLine;
using System.CommandLine.Invocation;
using HostSwap.Hostctl.Commands;
using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Tracing;

namespace HostSwap.Hostctl;

/// <summary>One run of hostctl: from the command line to the exit status.</summary>
internal static class HostctlApp
{
    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">The command line without the program's name.</param>
    /// <param name="services">The outside world.</param>
    /// <returns>The exit status, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, HostctlServices services)
    {
        var parsed = new HostctlCommand(services).Parse(
            arguments,

            // An argument that begins with @ is an argument: files of arguments would be read before anything is checked.
            new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction error)
        {
            await TellAsync(parsed, error, services.Error);
            return (int)ExitCode.Usage;
        }

        using var trace = await OpenTraceAsync(services);
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = services.Out,
            Error = services.Error,

            // Exceptions and signals have their meaning here, which the defaults do not know.
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
    }

    /// <summary>A trace that cannot be written is told, and hinders nothing.</summary>
    private static async Task<TraceFile?> OpenTraceAsync(HostctlServices services)
    {
        try
        {
            return TraceFile.Open(services.Environment);
        }
        catch (IOException exception)
        {
            await services.Error.WriteLineAsync($"hostctl: {TraceFile.Variable}: {SafeText.Message(exception.Message)}");
            return null;
        }
    }

    /// <summary>Writes what is wrong with a command line, with the library's suggestions for misspelled words.</summary>
    private static async Task TellAsync(ParseResult parsed, ParseErrorAction error, TextWriter writer)
    {
        error.ShowHelp = false;
        var said = new StringWriter();
        await parsed.InvokeAsync(new InvocationConfiguration { Output = said, Error = said });
        var errors = parsed.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal).ToList();

        // After a misspelled verb there is also none, which helps nobody.
        var telling = errors.Where(message => errors.Count == 1 || !message.StartsWith("Required command", StringComparison.Ordinal));
        foreach (var message in telling) await writer.WriteLineAsync($"hostctl: {SafeText.Message(message.Replace('\t', ' '))}");

        // What is left are the suggestions, which the library gives in no other way.
        var lines = said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var told = errors.SelectMany(message => message.Split('\n', StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.Ordinal);
        foreach (var line in lines.Where(line => !told.Contains(line))) await writer.WriteLineAsync($"  {SafeText.Sentence(line)}");
        await writer.WriteLineAsync($"hostctl: '{NameOf(parsed.CommandResult.Command)} --help' shows what is possible");
    }

    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{NameOf(parent)} {command.Name}" : "hostctl";
}
