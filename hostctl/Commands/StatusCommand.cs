using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl status</c>.</summary>
internal sealed class StatusCommand : Verb
{
    /// <summary>Adds the verb to the grammar.</summary>
    public StatusCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "status", "Shows generations and VMs.") => Add(options.Format);

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var status = await invocation.OpenHost().GetStatusAsync(invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, StatusDocument.From(status), json => json.StatusDocument);
        else
            StatusText.Write(invocation.Out, status, invocation.Zone);
        return (int)(status.Initialised ? ExitCode.Done : ExitCode.Environment);
    }
}
