namespace HostSwap.Orchestrator.Systemd;

/// <summary>One generation's systemd, reached through its own system bus.</summary>
public interface ISystemdHost : IAsyncDisposable
{
    /// <summary>Reads the state of the whole system.</summary>
    Task<SystemdStatus> GetStatusAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Waits until start-up has ended, which is when systemd is <c>running</c>, <c>degraded</c> or anything but starting.
    /// The bus may not exist yet when this is called.
    /// </summary>
    /// <exception cref="Errors.DeadlineException">Start-up did not end within <paramref name="limit"/>.</exception>
    Task<SystemdStatus> WaitUntilStartedAsync(TimeSpan limit, CancellationToken cancellationToken);
}

/// <summary>State of one systemd.</summary>
/// <param name="State">Its <c>SystemState</c>: <c>running</c>, <c>degraded</c>, <c>starting</c> …</param>
/// <param name="FailedUnits">Units in the state <c>failed</c>.</param>
/// <param name="Version">systemd's own version text.</param>
public sealed record SystemdStatus(string State, IReadOnlyList<string> FailedUnits, string Version);
