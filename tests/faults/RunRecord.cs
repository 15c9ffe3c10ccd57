namespace HostSwap.Faults;

/// <summary>What came of one run.</summary>
/// <param name="Case">The case's number.</param>
/// <param name="CaseName">The case's name.</param>
/// <param name="Label">Which variant.</param>
/// <param name="KillPoint">At which journal write hostctl was killed, as in <c>journal-written:3</c>; null where it was not.</param>
/// <param name="VmsLost">VMs that had to run on and do not.</param>
/// <param name="DoubleRuns">Instants at which two QEMU processes ran one VM.</param>
/// <param name="Unresolved">Whether something was left unfinished.</param>
/// <param name="Recovery">From the fault until everything was settled; null where nothing had to recover.</param>
/// <param name="Problems">Everything that is not as it must be.</param>
internal sealed record RunRecord(
    int Case,
    string CaseName,
    string Label,
    string? KillPoint,
    int VmsLost,
    int DoubleRuns,
    bool Unresolved,
    TimeSpan? Recovery,
    IReadOnlyList<string> Problems)
{
    /// <summary>Whether the oracle is content.</summary>
    public bool Good => Problems.Count == 0;

    /// <summary>A run, or all that remain of a case, that did not come about.</summary>
    public static RunRecord NotMade(FaultCase faultCase, string why) =>
        new(faultCase.Number, faultCase.Name, "could not be made to happen", null, 0, 0, Unresolved: true, Recovery: null, [why]);
}
