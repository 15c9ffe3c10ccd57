namespace HostSwap.Orchestrator.Preparing;

/// <summary>What <c>hostctl vm prepare</c> or <c>vm unprepare</c> is asked for.</summary>
/// <param name="Undo">Whether what was prepared is taken back.</param>
/// <param name="Vm">The VM of the active generation; null for all of them.</param>
/// <param name="DryRun">Whether nothing is changed, only shown.</param>
public sealed record PrepareRequest(bool Undo, Guid? Vm, bool DryRun);

/// <summary>What became of one VM.</summary>
public enum PrepareOutcome
{
    /// <summary>Its persistent definition was changed; on a dry run, it would be.</summary>
    Changed,

    /// <summary>It was as it should be already.</summary>
    Unchanged,

    /// <summary>It cannot be prepared; nothing was changed.</summary>
    Refused,
}

/// <summary>One VM of a <see cref="PrepareReport"/>.</summary>
/// <param name="Uuid">The VM.</param>
/// <param name="Name">Its name: untrusted text.</param>
/// <param name="Running">Whether it runs: then the change takes effect at its next cold start.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Refusals">Why it was refused; empty otherwise.</param>
/// <param name="Diff">The change of its persistent definition as a unified diff; empty where there is none.</param>
public sealed record PreparedVm(
    Guid Uuid, string Name, bool Running, PrepareOutcome Outcome, IReadOnlyList<Refusal> Refusals, string Diff);

/// <summary>What became of the VMs.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Operation">The number under which it was recorded; null where nothing was changed.</param>
/// <param name="Vms">The VMs, by name.</param>
public sealed record PrepareReport(PrepareRequest Request, long? Operation, IReadOnlyList<PreparedVm> Vms)
{
    /// <summary>How many VMs have an outcome.</summary>
    public int Count(PrepareOutcome outcome) => Vms.Count(vm => vm.Outcome == outcome);
}
