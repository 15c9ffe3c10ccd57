using System.CommandLine;
using HostSwap.Hostctl.Refreshing;
using HostSwap.Hostctl.Reporting;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl report ID --html</c>.</summary>
internal sealed class ReportCommand : Verb
{
    private readonly Argument<long> _id = ShowCommand.MakeId();
    private readonly Option<bool> _html = new("--html") { Description = "As a page that stands by itself, to standard output" };

    /// <summary>Adds the verb to the grammar.</summary>
    public ReportCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "report", "Draws one operation over time: a bar for each VM, its blackout to scale, figures, packages.")
    {
        Add(_id);
        Add(_html);
        Validators.Add(result =>
        {
            if (!result.GetValue(_html)) result.AddError("report needs --html; 'hostctl show' writes text.");
        });
    }

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var host = invocation.OpenHost();
        var details = ShowCommand.Find(host, invocation.Parsed.GetValue(_id));
        var refresh = host.GetRefreshes(RefreshRecords.Kept).FirstOrDefault(record => record.Operation == details.Operation.Id);
        await invocation.Services.Out.WriteAsync(ReportPage.Make(details, await RefreshReport.PackagesAsync(invocation, host, details), invocation.Zone, refresh));
        return (int)ExitCode.Done;
    }
}
