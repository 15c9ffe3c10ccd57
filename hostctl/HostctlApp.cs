using System.CommandLine;
using System.CommandLine.Invocation;
using HostSwap.Hostctl.Commands;
using HostSwap.Hostctl.Rendering;

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

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = services.Out,
            Error = services.Error,

            // Exceptions and signals have their meaning here, which the defaults do not know.
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
    }

    /// <summary>Writes what is wrong with a command line, with the library's suggestions for misspelled words.</summary>
    private static async Task TellAsync(ParseResult parsed, ParseErrorAction error, TextWriter writer)
    {
        error.ShowHelp = false;
        var said = new StringWriter();
        await parsed.InvokeAsync(new InvocationConfiguration { Output = said, Error = said });
        var lines = said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var line in lines)
        {
            // After a misspelled verb it says also that there is none, which helps nobody.
            var redundant = lines.Length > 1 && line.StartsWith("Required command", StringComparison.Ordinal);
            if (!redundant) await writer.WriteLineAsync($"hostctl: {SafeText.Sentence(line)}");
        }

        await writer.WriteLineAsync($"hostctl: '{NameOf(parsed.CommandResult.Command)} --help' shows what is possible");
    }

    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{NameOf(parent)} {command.Name}" : "hostctl";
}
