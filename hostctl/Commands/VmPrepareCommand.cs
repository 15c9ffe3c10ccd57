using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Preparing;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl vm prepare</c> and <c>hostctl vm unprepare</c>.</summary>
internal sealed class VmPrepareCommand : Verb
{
    private readonly bool _undo;

    private readonly Argument<string?> _vm = new("vm") { Description = "Name or UUID of a VM", Arity = ArgumentArity.ZeroOrOne };

    private readonly Option<bool> _all = new("--all") { Description = "Every VM of the active generation" };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Show the change, and change nothing" };

    /// <summary>Adds the verb to the grammar.</summary>
    public VmPrepareCommand(HostctlServices services, GlobalOptions options, bool undo)
        : base(
            services,
            options,
            undo ? "unprepare" : "prepare",
            undo
                ? "Gives a VM's definition back what it was before 'vm prepare'."
                : "Changes a VM's definition so that from its next cold start on it is moved without its RAM being copied.")
    {
        _undo = undo;
        Add(_vm);
        Add(_all);
        Add(_dryRun);
        Add(options.Format);
        Validators.Add(result =>
        {
            if (result.GetValue(_all) == result.GetValue(_vm) is not null) result.AddError("Either a VM or --all is needed, and not both.");
        });
    }

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var host = invocation.OpenHost();
        var vm = invocation.Parsed.GetValue(_vm) is { } text
            ? VmResolver.Resolve(await host.GetStatusAsync(invocation.Token), text).Uuid
            : (Guid?)null;
        var report = await host.PrepareAsync(new PrepareRequest(_undo, vm, invocation.Parsed.GetValue(_dryRun)), invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, PrepareDocument.From(report), json => json.PrepareDocument);
        else
            PrepareText.Write(invocation.Out, report);
        return (int)(report.Count(PrepareOutcome.Refused) > 0 ? ExitCode.RefusedByPlan : ExitCode.Done);
    }
}
