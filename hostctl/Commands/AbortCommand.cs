using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl abort</c>.</summary>
internal sealed class AbortCommand : Verb
{
    /// <summary>An orderly end waits for what is in flight, and a return for every VM that has moved.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromHours(1);

    private readonly Option<bool> _rollback = new("--rollback") { Description = "Return the VMs that have moved already" };

    /// <summary>Adds the verb to the grammar.</summary>
    public AbortCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "abort", "Ends the swap that another hostctl runs, in an orderly way, and waits for its end.")
    {
        Add(_rollback);
        Add(options.Format);
    }

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var ended = await invocation.OpenHost().AbortAsync(invocation.Parsed.GetValue(_rollback), Limit, invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, AbortDocument.Of(ended), json => json.AbortDocument);
        else if (ended is null)
            invocation.Out.Line("No swap runs here. 'hostctl status' says whether one is unfinished, and 'hostctl resume' continues it.");
        else
            invocation.Out.Line($"Operation {ended.Id} has ended: {SafeText.Sentence(ended.Summary)}", HistoryText.ToneOf(ended.Result));
        return (int)(ended is null ? ExitCode.NothingToDo : ExitCode.Done);
    }
}
