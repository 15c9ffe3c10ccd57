using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Orchestrator.Metrics;

/// <summary>Looks at everything that metrics are made from. Changes nothing, and waits for no lock.</summary>
/// <param name="host">The outer host.</param>
/// <param name="version">The version of this program.</param>
public sealed class MetricsReader(IOuterHost host, string version)
{
    /// <summary>How long Docker and generations may take to answer; a scrape ends after 10 s unless its configuration says otherwise.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    /// <summary>Looks. Where Docker or a generation does not answer, the rest is there all the same, and that it is not.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="EnvironmentException">There is no outer host, or its own files cannot be read.</exception>
    public async Task<HostMetrics> ReadAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var operations = host.History(SqliteJournal.KeptOperations);
        var metrics = new HostMetrics
        {
            Version = version,
            Holds = host.GetHolds(),
            WaitingNotices = host.GetWaitingNotices().Count,
            Operations = operations,
            Moves = host.GetMoves(operations),
            Refreshes = host.GetRefreshes(RefreshRecords.Kept),
        };
        using var deadline = new CancellationTokenSource(Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var status = await host.GetStatusAsync(either.Token).WaitAsync(either.Token);
            return metrics with { Status = status, Handover = await host.GetHandoverAsync(status, either.Token).WaitAsync(either.Token) };
        }
        catch (Exception exception) when (exception is HostSwapException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // hostswap_status_readable says so.
            return metrics;
        }
    }
}
