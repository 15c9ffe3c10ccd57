using System.CommandLine;
using System.Globalization;
using System.Text;
using HostSwap.Hostctl.Systemd;

namespace HostSwap.Hostctl.Rendering;

/// <summary>
/// The manual page: prose that people write (<c>packaging/hostctl.8.in</c>), and what follows from the grammar, so that it is never
/// out of step with it. In the prose a line <c>@verb NAME</c> becomes that verb's heading with its arguments and options,
/// <c>@options</c> the options of all verbs with what they do, <c>@exit-status</c> and <c>@messages</c> lists.
/// </summary>
internal static class ManualPage
{
    /// <summary>Name of the prose among this program's resources.</summary>
    private const string Prose = "hostctl.8.in";

    /// <summary>Makes the page.</summary>
    /// <param name="grammar">The whole grammar.</param>
    public static string Make(RootCommand grammar)
    {
        using var stream = typeof(ManualPage).Assembly.GetManifestResourceStream(Prose)
            ?? throw new InvalidOperationException($"the resource {Prose} is missing");
        using var reader = new StreamReader(stream);
        var page = new StringBuilder();
        while (reader.ReadLine() is { } line)
        {
            page.Append(line switch
            {
                _ when line.StartsWith("@verb ", StringComparison.Ordinal) => Heading(Find(grammar, line[6..].Split(' '))),
                "@options" => Options(grammar),
                "@exit-status" => string.Concat(ExitCodes.All.Select(static code => Item(((int)code.Code).ToString(CultureInfo.InvariantCulture), code.Meaning))),
                "@messages" => string.Concat(MessageIds.All.Select(static message => Item(message.Id, message.Meaning))),
                _ => line + "\n",
            });
        }

        return page.ToString();
    }

    /// <summary>Every verb with its path, as in <c>vm list</c>.</summary>
    internal static IEnumerable<(string Path, Command Verb)> Verbs(Command command, string path = "") => command.Subcommands
        .Where(static verb => !verb.Hidden)
        .SelectMany(verb => verb.Subcommands.Count > 0 ? Verbs(verb, $"{path}{verb.Name} ") : [($"{path}{verb.Name}", verb)]);

    private static (string Path, Command Verb) Find(RootCommand grammar, IReadOnlyList<string> path)
    {
        Command command = grammar;
        foreach (var name in path)
        {
            command = command.Subcommands.FirstOrDefault(verb => string.Equals(verb.Name, name, StringComparison.Ordinal))
                ?? throw new InvalidOperationException($"the manual page tells of a verb {string.Join(' ', path)}, which there is not");
        }

        return (string.Join(' ', path), command);
    }

    private static string Heading((string Path, Command Verb) verb)
    {
        var arguments = verb.Verb.Arguments.Where(static argument => !argument.Hidden).Select(static argument => argument.Arity.MinimumNumberOfValues > 0 ? Value(Name(argument)) : $"[{Value(Name(argument))}]");
        var options = OwnOptions(verb.Verb).Select(static option => option.Required ? Signature(option) : $"[{Signature(option)}]");
        return $"{Bold(verb.Path)} {string.Join(' ', arguments.Concat(options))}".TrimEnd() + "\n";
    }

    private static string Options(RootCommand grammar) => string.Concat(Verbs(grammar)
        .Where(static verb => OwnOptions(verb.Verb).Any())
        .Select(static verb => $".SS \"hostctl {Escape(verb.Path)}\"\n" + string.Concat(OwnOptions(verb.Verb).Select(static option =>
            $".TP\n{Signature(option)}\n{Text(option.Description ?? "")}\n"))));

    private static IEnumerable<Option> OwnOptions(Command command) => command.Options.Where(static option => !option.Hidden && !option.Name.Contains("help", StringComparison.Ordinal));

    private static string Signature(Option option)
    {
        var names = string.Join(", ", option.Aliases.Where(static alias => !alias.StartsWith('/')).Append(option.Name).Distinct(StringComparer.Ordinal).Select(Bold));
        if (option.Arity.MaximumNumberOfValues == 0)
            return names;
        var value = Value(option.HelpName ?? "VALUE");
        return option.Arity.MinimumNumberOfValues == 0 ? $"{names}[={value}]" : $"{names} {value}";
    }

    private static string Name(Argument argument) => (argument.HelpName ?? argument.Name).ToUpperInvariant();

    private static string Item(string term, string text) => $".TP\n{Bold(term)}\n{Text(text)}\n";

    private static string Bold(string text) => $"\\fB{Escape(text)}\\fR";

    private static string Value(string text) => $"\\fI{Escape(text)}\\fR";

    /// <summary>A line that begins with a dot or a quote would be a request of roff's (groff(7)).</summary>
    private static string Text(string text) => text.StartsWith('.') || text.StartsWith('\'') ? $"\\&{Escape(text)}" : Escape(text);

    private static string Escape(string text) => text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
}
