namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl shell</c>.</summary>
internal sealed class ShellCommand(HostctlServices services, GlobalOptions options)
    : Verb(services, options, "shell", "Opens a shell in the active generation.")
{
    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Child;

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation) =>
        invocation.RunInGenerationAsync(["/bin/bash", "-l"]);
}
