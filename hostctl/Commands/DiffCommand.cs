using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl diff [FROM [TO]]</c>.</summary>
internal sealed class DiffCommand : Verb
{
    private readonly Argument<int?> _from = Generation("from", "Number of the first generation; the one before the active one where it is left out");
    private readonly Argument<int?> _to = Generation("to", "Number of the second generation; the active one where it is left out");

    /// <summary>Adds the verb to the grammar.</summary>
    public DiffCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "diff", "Compares two generations item by item: VMs, networks, storage pools, network filters, secrets.")
    {
        Add(_from);
        Add(_to);
        Add(options.Format);
    }

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var comparison = await invocation.OpenHost().DiffAsync(invocation.Parsed.GetValue(_from), invocation.Parsed.GetValue(_to), invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, DiffDocument.Of(comparison), json => json.DiffDocument);
        else
            DiffText.Write(invocation.Out, comparison, invocation.Zone);
        return (int)(comparison.Differences.Count > 0 ? ExitCode.ChecksFailed : ExitCode.Done);
    }

    private static Argument<int?> Generation(string name, string description) => new(name)
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = Parse,
    };

    /// <summary>People write what they read: <c>gen-3</c> is 3.</summary>
    private static int? Parse(ArgumentResult result)
    {
        if (result.Tokens is not [var token]) return null;
        var text = token.Value.StartsWith("gen-", StringComparison.Ordinal) ? token.Value[4..] : token.Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0) return number;
        result.AddError($"'{SafeText.Name(token.Value)}' is no number of a generation; 'hostctl status' lists them.");
        return null;
    }
}
