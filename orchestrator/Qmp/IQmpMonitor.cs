namespace HostSwap.Orchestrator.Qmp;

/// <summary>Opens monitors of QEMU processes.</summary>
public interface IQmpConnector
{
    /// <summary>Connects to a monitor and negotiates (QEMU's <c>qmp-spec</c>: greeting, then <c>qmp_capabilities</c>).</summary>
    /// <param name="socket">Its UNIX socket, as the outer host sees it.</param>
    /// <param name="system">Whose it is, for errors: <c>qemu web in gen-2</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.AdapterException">Nobody listens there, or it is no QMP monitor.</exception>
    /// <exception cref="Errors.DeadlineException">It did not answer; another client may hold it, since QMP serves one at a time.</exception>
    Task<IQmpMonitor> ConnectAsync(string socket, string system, CancellationToken cancellationToken);
}

/// <summary>
/// One monitor of one QEMU, beside libvirt's own. Only what libvirt has no call for goes through it. Every member throws
/// <see cref="Errors.AdapterException"/> where QEMU refuses or is gone, <see cref="Errors.DeadlineException"/> where it
/// does not answer in time.
/// </summary>
public interface IQmpMonitor : IAsyncDisposable
{
    /// <summary>
    /// Whether RAM that is a shared file is left out of migration streams (<c>x-ignore-shared</c>). While it is, a saved
    /// image has no RAM in it.
    /// </summary>
    Task<bool> IgnoresSharedRamAsync(CancellationToken cancellationToken);

    /// <summary>Says whether it shall be. QEMU refuses it during a migration.</summary>
    Task IgnoreSharedRamAsync(bool ignore, CancellationToken cancellationToken);

    /// <summary>QEMU's <c>RunState</c>: <c>running</c>, <c>paused</c>, <c>inmigrate</c>, <c>postmigrate</c> …</summary>
    Task<string> GetRunStateAsync(CancellationToken cancellationToken);

    /// <summary>QEMU's <c>MigrationStatus</c> of the last or current migration, sent or received; null where there was none.</summary>
    Task<string?> GetMigrationStatusAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Waits, without limit, until its guest is about to execute (event <c>RESUME</c>, which QEMU sends before the first CPU
    /// runs: <c>vm_prepare_start</c>). One that ends before throws, so that it is known never to have executed. Whatever else is
    /// asked meanwhile waits for the end of this, and what has been asked since it connected may have passed the event over.
    /// </summary>
    Task WaitForExecutionAsync(CancellationToken cancellationToken);
}
