using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Preparing;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl vm list</c>.</summary>
internal sealed class VmListCommand : Verb
{
    /// <summary>Adds the verb to the grammar.</summary>
    public VmListCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "list", "Lists the VMs of every generation that answers.") => Add(options.Format);

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var host = invocation.OpenHost();
        var status = await host.GetStatusAsync(invocation.Token);
        var handover = status.VirtualMachines.Count == 0
            ? new Dictionary<VmPlace, HandoverReadiness>()
            : await host.GetHandoverAsync(status, invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, VmListDocument.From(status, handover), json => json.VmListDocument);
        else if (status.Initialised)
            VmListText.Write(invocation.Out, status.VirtualMachines, handover);
        else
            StatusText.Write(invocation.Out, status, [], invocation.Services.Time.GetUtcNow(), invocation.Zone);
        return (int)(status.Initialised ? ExitCode.Done : ExitCode.Environment);
    }
}
