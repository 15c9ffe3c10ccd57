using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Notifying;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl notify test</c>.</summary>
internal sealed class NotifyTestCommand : Verb
{
    private readonly Argument<string?> _target = new("target")
    {
        Description = "The target, as the configuration names it [default: all]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Adds the verb to the grammar.</summary>
    public NotifyTestCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "test", "Sends a test notice now, and says what each target answered.")
    {
        Add(_target);
        Add(options.Format);
    }

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var attempts = await invocation.OpenHost().TestNoticesAsync(invocation.Parsed.GetValue(_target), invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, NoticeAttemptsDocument.From(attempts), json => json.NoticeAttemptsDocument);
        else if (attempts is [])
            invocation.Out.Line("The configuration names nobody who is told. A table [notify.\"NAME\"] does.");
        else
            NoticeText.Write(invocation.Out, attempts, invocation.Zone);
        return (int)(attempts is [] ? ExitCode.NothingToDo : attempts.All(static attempt => attempt.Outcome == NoticeOutcome.Delivered) ? ExitCode.Done : ExitCode.Environment);
    }
}
