using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;

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
        var status = await invocation.OpenHost().GetStatusAsync(invocation.Token);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, VmListDocument.From(status), json => json.VmListDocument);
        else if (status.Initialised)
            StatusText.WriteVms(invocation.Out, status.VirtualMachines);
        else
            StatusText.Write(invocation.Out, status, invocation.Zone);
        return (int)(status.Initialised ? ExitCode.Done : ExitCode.Environment);
    }
}
