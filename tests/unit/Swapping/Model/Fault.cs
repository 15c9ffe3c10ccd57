namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>What goes wrong during one command.</summary>
internal enum FaultKind
{
    /// <summary>hostctl dies before a call of an adapter.</summary>
    DieBeforeCall,

    /// <summary>hostctl dies after a call has had its effect.</summary>
    DieAfterCall,

    /// <summary>hostctl dies before a write to the journal.</summary>
    DieBeforeWrite,

    /// <summary>hostctl dies after a write to the journal.</summary>
    DieAfterWrite,

    /// <summary>From a write on the journal can no longer be written.</summary>
    JournalFails,

    /// <summary>Some calls in a row are refused.</summary>
    CallsFail,

    /// <summary>Some calls in a row are not answered in time, though they have had their effect.</summary>
    AnswersFail,

    /// <summary>All calls from one on are refused.</summary>
    EverythingFails,

    /// <summary>The operator interrupts.</summary>
    Interrupt,

    /// <summary>The candidate's container dies.</summary>
    CandidateDies,

    /// <summary>A migration fails; the VM stays.</summary>
    MigrationFails,

    /// <summary>A migration succeeds, and libvirt says that it failed.</summary>
    MigrationDenied,

    /// <summary>A migration is cut between Finish and Confirm: the old QEMU stays paused beside the new one that runs.</summary>
    MigrationCutPaused,

    /// <summary>A migration is cut before the old side undefines: both sides are left with the definition.</summary>
    MigrationCutDefined,
}

/// <summary>One fault.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">At which call, write or migration of the command, from 1.</param>
internal sealed record Fault(FaultKind Kind, int At);
