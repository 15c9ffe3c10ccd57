namespace HostSwap.Faults.Reporting;

/// <summary>The rows of the table that are seen to elsewhere: none is missing in silence.</summary>
internal static class OtherRows
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<FaultRow> All { get; } =
    [
        Elsewhere(1, "persistent, transient, running, paused, defined already", "SwapPairTests, PausedVmTests"),
        Elsewhere(15, "target lacks memory", "PlanBlockerTests (big), MoveSchedulerTests"),
        Elsewhere(16, "target lacks machine type, CPU model, network, disk path", "PlanBlockerTests, one plan with every reason"),
        Elsewhere(17, "equal host UUIDs", "none in tests/integration: hostctl gives each generation its own; HostUuidCheck"),
        Elsewhere(22, "VM with NVRAM, vTPM; there and back", "CarriedStateTests, HandoverTests, StateMachineModelTests (saved VMs)"),
        Elsewhere(26, "post-copy link cut", "BrokenPostCopyTests (cut for real), PostCopyReconciliationTests, LadderMigrationTests"),
        Elsewhere(28, "malformed configuration, hostile names, unknown flag", "BadInputTests, HostileNameTests"),
    ];

    private static FaultRow Elsewhere(int number, string name, string tests) =>
        new(number, name, 0, 0, 0, 0, RecoverySecondsMean: null, [], $"covered by {tests}");
}
