using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl history</c>.</summary>
internal sealed class HistoryCommand : Verb
{
    private const int DefaultLimit = 20;
    private const int MostLimit = 100_000;

    private readonly Option<int> _limit = new("--limit")
    {
        Description = "How many operations",
        HelpName = "N",
        DefaultValueFactory = _ => DefaultLimit,
        CustomParser = ParseLimit,
    };

    /// <summary>Adds the verb to the grammar.</summary>
    public HistoryCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "history", "Lists what was done, newest first.")
    {
        Add(_limit);
        Add(options.Format);
    }

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation)
    {
        var operations = invocation.OpenHost().History(invocation.Parsed.GetValue(_limit));
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, HistoryDocument.From(operations), json => json.HistoryDocument);
        else
            HistoryText.Write(invocation.Out, operations, invocation.Zone);
        return Task.FromResult((int)ExitCode.Done);
    }

    private static int ParseLimit(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= MostLimit)
            return limit;
        result.AddError(string.Create(
            CultureInfo.InvariantCulture, $"--limit takes a number from 1 to {MostLimit}, not '{SafeText.Name(text)}'."));
        return 0;
    }
}
