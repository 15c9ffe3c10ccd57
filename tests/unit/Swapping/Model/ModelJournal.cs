using HostSwap.Orchestrator.Journal;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>The real journal as one hostctl process has it open.</summary>
internal sealed class ModelJournal(SqliteJournal journal, FaultGate gate) : IJournal
{
    public Operation Begin(OperationKind kind, string summary, string detailJson) => gate.Write(() => journal.Begin(kind, summary, detailJson));

    public long Intend(long operation, string step, string subject, string detailJson)
    {
        var entry = gate.Write(() => journal.Intend(operation, step, subject, detailJson));
        gate.OpenIntents++;
        return entry;
    }

    public void Outcome(long entry, EntryResult result, string observed)
    {
        gate.OpenIntents--;
        Write(() => journal.Outcome(entry, result, observed));
    }

    public void RecordMove(long operation, MoveRecord move) => Write(() => journal.RecordMove(operation, move));

    public void RecordDetail(long operation, string detailJson) => Write(() => journal.RecordDetail(operation, detailJson));

    public void Finish(long operation, OperationResult result, string summary, string detailJson, OperationEnding ending) =>
        Write(() => journal.Finish(operation, result, summary, detailJson, ending));

    public void RecordGenerations(IReadOnlyList<GenerationRecord> generations, int? forgotten = null) => Write(() => journal.RecordGenerations(generations, forgotten));

    public void ForgetGeneration(int number) => Write(() => journal.ForgetGeneration(number));

    public void RecordCanary(long operation, CanaryKey key, CanaryOutcome outcome, string reason) =>
        Write(() => journal.RecordCanary(operation, key, outcome, reason));

    public CanaryRecord? FindCanary(CanaryKey key) => Read(() => journal.FindCanary(key));

    public IReadOnlyList<GenerationRecord> Generations() => Read(journal.Generations);

    public IReadOnlyList<Operation> Operations(int limit) => Read(() => journal.Operations(limit));

    public Operation? FindOperation(long operation) => Read(() => journal.FindOperation(operation));

    public IReadOnlyList<JournalEntry> Entries(long operation) => Read(() => journal.Entries(operation));

    public IReadOnlyList<MoveRecord> Moves(long operation) => Read(() => journal.Moves(operation));

    public IReadOnlyList<Operation> UnfinishedOperations() => Read(journal.UnfinishedOperations);

    public void Dispose()
    {
        // The world's: it outlives every hostctl.
    }

    private void Write(Action write) => gate.Write(() =>
    {
        write();
        return true;
    });

    private T Read<T>(Func<T> read)
    {
        gate.Check();
        return read();
    }
}
