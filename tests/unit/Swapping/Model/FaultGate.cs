using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>
/// One hostctl process: everything that it does to the world and to the journal passes here, and here it dies. After its
/// death nothing passes any more, so that no <c>finally</c> of the product can do what a killed process could not.
/// </summary>
internal sealed class FaultGate(IReadOnlyList<Fault> faults, Action killCandidate) : IDisposable
{
    private const int Several = 3;

    private readonly CancellationTokenSource _stop = new();
    private int _calls;
    private int _writes;
    private int _migrations;

    public CancellationToken Stop => _stop.Token;

    public bool Dead { get; private set; }

    public int Calls => _calls;

    public int Writes => _writes;

    /// <summary>Side effects that the journal knows to be under way.</summary>
    public int OpenIntents { get; set; }

    /// <summary>A call begins.</summary>
    public void Enter()
    {
        Check();
        _calls++;
        if (At(FaultKind.CandidateDies, _calls))
            killCandidate();
        if (At(FaultKind.Interrupt, _calls))
            _stop.Cancel();
        if (At(FaultKind.DieBeforeCall, _calls))
            Die();
        if (Within(FaultKind.CallsFail, Several) || Within(FaultKind.EverythingFails, int.MaxValue))
            throw new AdapterException("model", "call", "refused by the model");
    }

    /// <summary>A call has had its effect.</summary>
    public void Leave()
    {
        if (At(FaultKind.DieAfterCall, _calls))
            Die();
        if (Within(FaultKind.AnswersFail, Several))
            throw new DeadlineException("an answer", TimeSpan.FromSeconds(1), "the model is silent");
    }

    /// <summary>The journal is written.</summary>
    public T Write<T>(Func<T> write)
    {
        Check();
        _writes++;
        if (At(FaultKind.DieBeforeWrite, _writes))
            Die();
        if (faults.Any(fault => fault.Kind == FaultKind.JournalFails && _writes >= fault.At))
            throw new JournalException("model", "the disk is full", "None.");
        var written = write();
        if (At(FaultKind.DieAfterWrite, _writes))
            Die();
        return written;
    }

    /// <summary>What is to go wrong with the migration that begins now; null where nothing.</summary>
    public FaultKind? NextMigration()
    {
        _migrations++;
        return faults.FirstOrDefault(fault => fault.Kind >= FaultKind.MigrationFails && fault.At == _migrations)?.Kind;
    }

    /// <summary>A process that is dead does nothing.</summary>
    public void Check()
    {
        if (Dead)
            throw new ProcessDied();
    }

    public void Dispose() => _stop.Dispose();

    private bool At(FaultKind kind, int count) => faults.Any(fault => fault.Kind == kind && fault.At == count);

    private bool Within(FaultKind kind, int many) =>
        faults.Any(fault => fault.Kind == kind && _calls >= fault.At && _calls - fault.At < many);

    private void Die()
    {
        Dead = true;
        throw new ProcessDied();
    }
}
