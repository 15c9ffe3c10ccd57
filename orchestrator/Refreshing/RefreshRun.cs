namespace HostSwap.Orchestrator.Refreshing;

/// <summary>The record of a refresh while it grows: on disk before each stage and after it, so that whoever looks knows how far it is.</summary>
internal sealed class RefreshRun
{
    private readonly RefreshRecords _records;
    private readonly IRefreshObserver _observer;
    private readonly TimeProvider _time;

    /// <summary>Begins it.</summary>
    public RefreshRun(RefreshRecords records, IRefreshObserver observer, TimeProvider time, bool scheduled, OpenWindow? window)
    {
        (_records, _observer, _time) = (records, observer, time);
        Record = new RefreshRecord(records.NextId(), scheduled, time.GetUtcNow(), RefreshOutcome.Running, "it goes on") { Window = window };
        records.Write(Record);
    }

    /// <summary>What is known of it.</summary>
    public RefreshRecord Record { get; private set; }

    /// <summary>Writes down what has become known.</summary>
    public void Note(Func<RefreshRecord, RefreshRecord> change)
    {
        Record = change(Record);
        _records.Write(Record);
    }

    /// <summary>Warns.</summary>
    public void Warn(string warning) => Note(record => record with { Warnings = [.. record.Warnings, warning] });

    /// <summary>Runs a stage.</summary>
    /// <param name="stage">Which.</param>
    /// <param name="action">Does it; returns what was seen as well.</param>
    public async Task<T> StageAsync<T>(RefreshStage stage, Func<Task<(T Result, string Observed)>> action)
    {
        var begun = new RefreshStageRecord(stage, _time.GetUtcNow(), FinishedAt: null, "");
        Note(record => record with { Stages = [.. record.Stages, begun] });
        _observer.OnStageBegun(stage);
        try
        {
            var (result, observed) = await action();
            End(observed);
            return result;
        }
        catch (Exception exception)
        {
            End(exception.Message);
            throw;
        }

        void End(string observed)
        {
            var ended = begun with { FinishedAt = _time.GetUtcNow(), Observed = observed };
            Note(record => record with { Stages = [.. record.Stages.SkipLast(1), ended] });
            _observer.OnStageEnded(ended);
        }
    }

    /// <summary>Ends it.</summary>
    public RefreshRecord End(RefreshOutcome outcome, string summary)
    {
        Note(record => record with { Outcome = outcome, Summary = summary, FinishedAt = _time.GetUtcNow() });
        return Record;
    }
}
