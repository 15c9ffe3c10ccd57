using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl image build</c>.</summary>
internal sealed class ImageBuildCommand : Verb
{
    /// <summary>Adds the verb to the grammar.</summary>
    public ImageBuildCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "build", "Builds the configured image where packages, recipe or overlay are newer; else it stays the same.") => Add(options.Format);

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var result = await RefreshCommand.RunAsync(invocation, new RefreshRequest(RefreshExtent.Build, Scheduled: false));
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, RefreshDocument.Of(result, scheduled: false), json => json.RefreshDocument);
        else
            RefreshText.Write(invocation.Out, result);
        return (int)ExitCodes.From(result.Record!.Outcome);
    }
}
