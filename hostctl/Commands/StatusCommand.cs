using System.CommandLine;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using Spectre.Console;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl status</c>.</summary>
internal sealed class StatusCommand : Verb
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(2);

    private readonly Option<bool> _watch = new("--watch") { Description = "Show it again and again, until Ctrl-C" };

    /// <summary>Adds the verb to the grammar.</summary>
    public StatusCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "status", "Shows generations and VMs, what waits to be refreshed, and what should be looked at.")
    {
        Add(_watch);
        Add(options.Format);
    }

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        if (invocation.Parsed.GetValue(_watch))
            return await WatchAsync(invocation);
        var (status, findings) = await LookAsync(invocation);
        if (invocation.Format == OutputFormat.Json)
            HostctlJson.WriteDocument(invocation.Services.Out, StatusDocument.From(status, findings), json => json.StatusDocument);
        else
            StatusText.Write(invocation.Out, status, findings, invocation.Services.Time.GetUtcNow(), invocation.Zone);
        return (int)(status.Initialised ? ExitCode.Done : ExitCode.Environment);
    }

    /// <summary>What doctor finds is asked for with what was seen just now, and only what is not in order is told here.</summary>
    private static async Task<(HostStatus Status, IReadOnlyList<HealthCheck> Findings)> LookAsync(Invocation invocation)
    {
        var host = invocation.OpenHost();
        var status = await host.GetStatusAsync(invocation.Token);
        var findings = new List<HealthCheck>();
        if (!status.Initialised)
            return (status, findings);
        await foreach (var check in host.DiagnoseAsync(status, invocation.Token))
        {
            if (check.Status != HealthStatus.Ok) findings.Add(check);
        }

        return (status, findings);
    }

    private static async Task<int> WatchAsync(Invocation invocation)
    {
        if (invocation.Format == OutputFormat.Json || !invocation.Services.Terminal.Output)
            throw new UsageException("--watch is for a terminal", "Programs call 'hostctl status --format json' as often as they like.");
        try
        {
            while (true)
            {
                var (status, findings) = await LookAsync(invocation);
                invocation.Out.Clear();
                StatusText.Write(invocation.Out, status, findings, invocation.Services.Time.GetUtcNow(), invocation.Zone);
                await Task.Delay(WatchInterval, invocation.Services.Time, invocation.Token);
            }
        }
        catch (OperationCanceledException) when (invocation.Token.IsCancellationRequested)
        {
            return (int)ExitCode.Done;
        }
    }
}
