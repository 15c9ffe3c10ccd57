using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl memory mount</c>.</summary>
internal sealed class MemoryMountCommand(HostctlServices services, GlobalOptions options)
    : Verb(services, options, "mount", "Makes the memory mount, or has it take over a changed size. systemd does it at every boot, before Docker starts.")
{
    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation)
    {
        invocation.Out.Line(invocation.OpenHost(withLogFile: false).MountMemory());
        return Task.FromResult((int)ExitCode.Done);
    }
}
