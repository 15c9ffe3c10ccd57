namespace HostSwap.Orchestrator.Configuration;

/// <summary>How far a copy that does not converge may go.</summary>
public sealed record ConvergenceSettings
{
    /// <summary>The highest number for a VM's priority; the lowest is its negative.</summary>
    public const int MaximumPriority = 1000;

    /// <summary>What becomes of it in the end, unless its VM has a policy of its own.</summary>
    public ConvergencePolicy Policy { get; init; } = SettingsDefaults.Policy;

    /// <summary>How far the bandwidth of one migration may be raised, in MiB a second; null for no limit.</summary>
    public long? MaximumBandwidthMiBPerSecond { get; init; }

    /// <summary>For how long a guest may stand still at the end of its migration, by QEMU's own reckoning.</summary>
    public TimeSpan Downtime { get; init; } = SettingsDefaults.Downtime;

    /// <summary>How far that may be raised; each step doubles it.</summary>
    public TimeSpan MaximumDowntime { get; init; } = SettingsDefaults.MaximumDowntime;

    /// <summary>A copy that has come no nearer to its end for so long climbs to the next rung.</summary>
    public TimeSpan ClimbAfter { get; init; } = SettingsDefaults.ClimbAfter;
}
