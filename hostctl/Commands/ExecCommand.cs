using System.CommandLine;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl exec [--] CMD…</c>.</summary>
internal sealed class ExecCommand : Verb
{
    private readonly Argument<string[]> _command = new("command")
    {
        Description = "The command and its arguments; no shell looks at them",
        Arity = ArgumentArity.OneOrMore,
        CaptureRemainingTokens = true,
    };

    /// <summary>Adds the verb to the grammar.</summary>
    public ExecCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "exec", "Runs a command in the active generation, and ends with its exit status.") => Add(_command);

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Child;

    /// <inheritdoc/>
    protected override Task<int> ExecuteAsync(Invocation invocation) =>
        invocation.RunInGenerationAsync(invocation.Parsed.GetValue(_command)!);
}
