using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl fleet status</c>.</summary>
internal sealed class FleetStatusCommand : Verb
{
    /// <summary>Adds the verb to the grammar.</summary>
    public FleetStatusCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "status", "Shows which servers of the fleet are being swapped.") => Add(options.Format);

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var status = await invocation.OpenHost().GetFleetStatusAsync(invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, FleetDocument.From(status), json => json.FleetDocument);
        else
            FleetText.Write(invocation.Out, status, invocation.Zone);
        return (int)ExitCode.Done;
    }
}
