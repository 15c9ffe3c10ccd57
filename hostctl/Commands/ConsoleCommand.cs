using System.CommandLine;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl console VM</c>.</summary>
internal sealed class ConsoleCommand : Verb
{
    private readonly Argument<string> _vm = new("vm") { Description = "Name or UUID of the VM" };

    /// <summary>Adds the verb to the grammar.</summary>
    public ConsoleCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "console", "Connects this terminal to a VM's serial console (Ctrl-] leaves it).") => Add(_vm);

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Child;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var status = await invocation.OpenHost().GetStatusAsync(invocation.Token);
        var vm = VmResolver.Resolve(status, invocation.Parsed.GetValue(_vm)!);

        // By UUID, since a name may look like an option or like a number, which virsh would take for an id.
        return await invocation.RunInGenerationAsync(["virsh", "console", "--", vm.Uuid.ToString()]);
    }
}
