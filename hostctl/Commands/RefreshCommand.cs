using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Logging;
using HostSwap.Hostctl.Refreshing;
using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Systemd;
using HostSwap.Hostctl.Watching;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Processes;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl refresh</c>.</summary>
internal sealed class RefreshCommand : Verb
{
    private readonly Option<bool> _check = new("--check") { Description = "Only look whether anything is newer" };
    private readonly Option<bool> _build = new("--build-only") { Description = "Only look, and build the image where something is newer" };
    private readonly Option<bool> _plan = new("--plan-only") { Description = "Only look, build, and make the plan" };
    private readonly Option<bool> _scheduled = new("--scheduled") { Description = "Do what [refresh] of the configuration says is due now; what hostswap-refresh.timer calls" };
    private readonly Option<bool> _yes = new("--yes") { Description = "Do not ask; needed where there is no terminal" };

    /// <summary>Adds the verb to the grammar.</summary>
    public RefreshCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "refresh", "Refreshes the host: looks for updates, builds the image, swaps to it, watches it, and reports.")
    {
        Add(_check);
        Add(_build);
        Add(_plan);
        Add(_scheduled);
        Add(_yes);
        Add(options.Format);
        Validators.Add(result =>
        {
            var chosen = new[] { _check, _build, _plan, _scheduled }.Count(option => result.GetValue(option));
            if (chosen > 1) result.AddError("only one of --check, --build-only, --plan-only and --scheduled can be given.");
        });
    }

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var scheduled = invocation.Parsed.GetValue(_scheduled);
        var request = new RefreshRequest(ExtentOf(invocation.Parsed), scheduled);
        if (request is { Extent: RefreshExtent.Whole, Scheduled: false } && !invocation.Parsed.GetValue(_yes))
            await AskAsync(invocation);
        var result = await RunAsync(invocation, request);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, RefreshDocument.Of(result, scheduled), json => json.RefreshDocument);
        else
            RefreshText.Write(invocation.Out, result);
        return (int)(result.Record is { } record ? ExitCodes.From(record.Outcome) : ExitCode.Done);
    }

    /// <summary>Runs a refresh, watched; also that of <c>image build</c>.</summary>
    internal static async Task<RefreshResult> RunAsync(Invocation invocation, RefreshRequest request)
    {
        var host = invocation.OpenHost();
        var services = invocation.Services;
        var lines = invocation.Format == OutputFormat.Json ? services.Error : services.Out;
        using var manager = ServiceManager.Begin(services);
        await using var swap = new QueuedObserver(new PlainPresenter(lines, services.Error, services.Time), new LoggingObserver(invocation.Log!.Logger), new JournalObserver(services.Journal));
        var presenter = new RefreshPresenter(lines, swap, invocation.Log.Swap, invocation.Log.Logger, manager);
        var runner = new RefreshRunner(host, invocation.Settings, new ProgramRunner(services.Time), services.Time, presenter);
        return await runner.RunAsync(
            request,
            async record =>
            {
                // What came of it is told after what it came from.
                await swap.FlushAsync(CancellationToken.None);
                return await EndAsync(invocation, record);
            },
            invocation.Token);
    }

    /// <summary>What is due when a refresh has ended, whatever came of it.</summary>
    private static async Task<RefreshRecord> EndAsync(Invocation invocation, RefreshRecord record)
    {
        new JournalObserver(invocation.Services.Journal).OnRefresh(record);
        var host = invocation.OpenHost();
        if (record.Operation is { } operation)
            record = record with { Report = await RefreshReport.WriteAsync(invocation, host, record, operation) };
        await RefreshTelling.TellAsync(invocation, host, record);
        return record;
    }

    private RefreshExtent ExtentOf(ParseResult parsed)
    {
        if (parsed.GetValue(_check)) return RefreshExtent.Check;
        if (parsed.GetValue(_build)) return RefreshExtent.Build;
        return parsed.GetValue(_plan) ? RefreshExtent.Plan : RefreshExtent.Whole;
    }

    private static async Task AskAsync(Invocation invocation)
    {
        if (!OperatorApproval.CanAsk(invocation))
            throw new UsageException("a refresh must be agreed to, and there is no terminal to ask at", "Give --yes to agree without being asked.");
        var writer = invocation.Format == OutputFormat.Json ? invocation.Services.Error : invocation.Services.Out;
        await writer.WriteAsync("Build what is newer, and move every VM to it, now? [y/N] ");
        await writer.FlushAsync(invocation.Token);
        if (!await OperatorApproval.AnswerAsync(invocation, invocation.Token))
            throw new OperatorDeclinedException();
    }
}
