using HostSwap.Hostctl.Commands;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Fleet;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Hostctl;

/// <summary>
/// What hostctl's exit status says. The numbers are part of its interface and never change their meaning; a caller
/// takes one that it does not know for a failure. <c>console</c>, <c>exec</c> and <c>shell</c> pass on the status of
/// the command that they ran.
/// </summary>
internal enum ExitCode
{
    /// <summary>Everything that was asked for was done.</summary>
    Done = 0,

    /// <summary>A defect in hostctl; the stack trace is in its log.</summary>
    InternalError = 1,

    /// <summary>The command line or the configuration is wrong; nothing was touched.</summary>
    Usage = 2,

    /// <summary>There was nothing to do: the image is active already.</summary>
    NothingToDo = 3,

    /// <summary>The plan has blockers; nothing was moved. Or a VM cannot be prepared for handover, and was not changed; or an image that is to be removed is needed.</summary>
    RefusedByPlan = 4,

    /// <summary>Another hostctl holds this outer host's lock, or has taken it over from this one.</summary>
    Locked = 5,

    /// <summary>The swap failed, and every VM is on the old side.</summary>
    FailedOldSide = 6,

    /// <summary>The swap failed, and there are VMs on both sides.</summary>
    FailedBothSides = 7,

    /// <summary>It was interrupted in an orderly way.</summary>
    Interrupted = 8,

    /// <summary>Something on this machine that hostctl needs is absent, broken or not initialised.</summary>
    Environment = 9,

    /// <summary><c>doctor</c> or <c>verify</c> found errors.</summary>
    ChecksFailed = 10,

    /// <summary>The operator said no to the plan; nothing was moved.</summary>
    Declined = 11,

    /// <summary>Who owns a VM is unclear, or a VM was lost: a person must decide.</summary>
    NeedsPerson = 12,

    /// <summary>An earlier operation is unfinished and must be ended first; nothing was touched.</summary>
    Unfinished = 13,

    /// <summary>Somebody or something has asked that no swap begins, or as many other servers of the fleet as may be are being swapped; nothing was touched.</summary>
    Held = 14,

    /// <summary>The maintenance window is too short for what is left to do; nothing was moved.</summary>
    Deferred = 15,
}

/// <summary>The one place where outcomes and exceptions become exit codes, and where those are explained.</summary>
internal static class ExitCodes
{
    /// <summary>Every exit code with its explanation, as help and man page show it.</summary>
    public static IReadOnlyList<(ExitCode Code, string Meaning)> All { get; } =
    [
        (ExitCode.Done, "done"),
        (ExitCode.InternalError, "internal error (a defect; the log has the stack trace)"),
        (ExitCode.Usage, "wrong command line or configuration; nothing was touched"),
        (ExitCode.NothingToDo, "nothing to do"),
        (ExitCode.RefusedByPlan, "refused by the plan, and nothing was moved; or a VM cannot be prepared, or an image is needed"),
        (ExitCode.Locked, "another hostctl holds the lock"),
        (ExitCode.FailedOldSide, "failed; every VM is on the old side"),
        (ExitCode.FailedBothSides, "failed; there are VMs on both sides"),
        (ExitCode.Interrupted, "interrupted in an orderly way"),
        (ExitCode.Environment, "something needed on this machine is absent, broken or not initialised"),
        (ExitCode.ChecksFailed, "doctor or verify found errors, or diff a difference"),
        (ExitCode.Declined, "declined by the operator; nothing was moved"),
        (ExitCode.NeedsPerson, "a person is needed: a VM's owner is unclear, or a VM was lost"),
        (ExitCode.Unfinished, "an earlier operation is unfinished; 'hostctl resume' ends it"),
        (ExitCode.Held, "somebody holds swaps ('hostctl status' says who, until when and why), something vetoes a refresh, or others of the fleet are being swapped"),
        (ExitCode.Deferred, "put off: the maintenance window ends too soon, and nothing was moved"),
    ];

    /// <summary>The exit code for the recorded result of an operation.</summary>
    public static ExitCode From(OperationResult result) => result switch
    {
        OperationResult.Done => ExitCode.Done,
        OperationResult.NothingToDo => ExitCode.NothingToDo,
        OperationResult.Refused => ExitCode.RefusedByPlan,
        OperationResult.Declined => ExitCode.Declined,
        OperationResult.FailedOnOldSide => ExitCode.FailedOldSide,
        OperationResult.FailedOnBothSides => ExitCode.FailedBothSides,
        OperationResult.Interrupted => ExitCode.Interrupted,
        OperationResult.NeedsPerson => ExitCode.NeedsPerson,

        // A swap that has returned cannot be running still.
        _ => ExitCode.InternalError,
    };

    /// <summary>The exit code for what has become of a refresh.</summary>
    public static ExitCode From(RefreshOutcome outcome) => outcome switch
    {
        RefreshOutcome.Nothing or RefreshOutcome.Ended or RefreshOutcome.Done => ExitCode.Done,
        RefreshOutcome.Vetoed => ExitCode.Held,
        RefreshOutcome.Deferred => ExitCode.Deferred,
        RefreshOutcome.Refused => ExitCode.RefusedByPlan,
        RefreshOutcome.FailedOnOldSide or RefreshOutcome.RolledBack => ExitCode.FailedOldSide,
        RefreshOutcome.FailedOnBothSides => ExitCode.FailedBothSides,
        RefreshOutcome.Stopped => ExitCode.Interrupted,
        RefreshOutcome.SoakFailed => ExitCode.ChecksFailed,
        RefreshOutcome.NeedsPerson => ExitCode.NeedsPerson,
        RefreshOutcome.Failed => ExitCode.Environment,

        // One that has returned cannot be running still.
        _ => ExitCode.InternalError,
    };

    /// <summary>The exit code for an exception that ended a verb.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="interrupted">Whether the operator had asked for an interruption before.</param>
    public static ExitCode From(Exception exception, bool interrupted) => exception switch
    {
        UsageException => ExitCode.Usage,
        LockedException or FencedException => ExitCode.Locked,
        OwnershipException => ExitCode.NeedsPerson,
        UnfinishedException => ExitCode.Unfinished,
        ImageNeededException => ExitCode.RefusedByPlan,
        HeldException or FleetBusyException => ExitCode.Held,
        OperatorDeclinedException => ExitCode.Declined,
        HostSwapException => ExitCode.Environment,
        OperationCanceledException when interrupted => ExitCode.Interrupted,
        _ => ExitCode.InternalError,
    };
}
