using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl show ID</c>.</summary>
internal sealed class ShowCommand : Verb
{
    private readonly Argument<long> _id = MakeId();

    /// <summary>Adds the verb to the grammar.</summary>
    public ShowCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "show", "Shows all that is recorded of one operation: steps, outcomes, moves.")
    {
        Add(_id);
        Add(options.Format);
    }

    /// <summary>Makes the argument for an operation's number.</summary>
    public static Argument<long> MakeId() => new("id")
    {
        Description = "Number of the operation, as 'hostctl history' shows it",
        CustomParser = ParseId,
    };

    /// <summary>Finds an operation.</summary>
    /// <exception cref="UsageException">There is none of that number.</exception>
    public static OperationDetails Find(IOuterHost host, long id) => host.Show(id) ?? throw new UsageException(
        string.Create(CultureInfo.InvariantCulture, $"there is no operation {id}"), "'hostctl history' lists them.");

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation)
    {
        var details = Find(invocation.OpenHost(), invocation.Parsed.GetValue(_id));
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, ShowDocument.From(details), json => json.ShowDocument);
        else
            HistoryText.Write(invocation.Out, details, invocation.Zone);
        return Task.FromResult((int)ExitCode.Done);
    }

    private static long ParseId(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0) return id;
        result.AddError($"'{SafeText.Name(text)}' is no number of an operation; 'hostctl history' lists them.");
        return 0;
    }
}
