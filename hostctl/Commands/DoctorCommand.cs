using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl doctor</c>.</summary>
internal sealed class DoctorCommand : Verb
{
    /// <summary>Adds the verb to the grammar.</summary>
    public DoctorCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "doctor", "Checks this outer host, and says what to do about each fault.") => Add(options.Format);

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var checks = new List<HealthCheck>();
        await foreach (var check in invocation.OpenHost().DiagnoseAsync(status: null, invocation.Token)) checks.Add(check);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, ChecksDocument.From("hostswap/doctor/1", checks), json => json.ChecksDocument);
        else
            ChecksText.Write(invocation.Out, checks);
        return (int)(checks.Any(check => check.Status == HealthStatus.Error) ? ExitCode.ChecksFailed : ExitCode.Done);
    }
}
