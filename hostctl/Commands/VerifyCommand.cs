using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl verify</c>.</summary>
internal sealed class VerifyCommand : Verb
{
    /// <summary>Adds the verb to the grammar.</summary>
    public VerifyCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "verify", "Looks whether every VM, and this outer host, is as a swap must leave it.") => Add(options.Format);

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var checks = new List<HealthCheck>();
        await foreach (var check in invocation.OpenHost().VerifyAsync(invocation.Token)) checks.Add(check);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, ChecksDocument.From("hostswap/verify/1", checks), json => json.ChecksDocument);
        else
            ChecksText.Write(invocation.Out, checks);
        return (int)(checks.Any(check => check.Status == HealthStatus.Error) ? ExitCode.ChecksFailed : ExitCode.Done);
    }
}
