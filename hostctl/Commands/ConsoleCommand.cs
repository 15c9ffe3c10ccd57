using System.CommandLine;
using System.Globalization;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl console VM</c>.</summary>
internal sealed class ConsoleCommand : Verb
{
    private readonly Argument<string> _vm = new("vm") { Description = "Name or UUID of the VM" };

    /// <summary>Adds the verb to the grammar.</summary>
    public ConsoleCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "console", "Connects this terminal to a VM's serial console (Ctrl-] leaves it), and follows the VM where it moves.") => Add(_vm);

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Child;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var host = invocation.OpenHost();
        var vm = VmResolver.ResolveAnywhere(await host.GetStatusAsync(invocation.Token), invocation.Parsed.GetValue(_vm)!);
        while (true)
        {
            // By UUID, since a name may look like an option or like a number, which virsh would take for an id.
            var status = await invocation.RunInGenerationAsync(["virsh", "console", "--", vm.Uuid.ToString()], vm.Generation);
            // A move ends the console with the old QEMU; whoever leaves it leaves the VM where it is.
            if (VmResolver.FindAnywhere(await host.GetStatusAsync(invocation.Token), vm.Uuid) is not { State: DomainState.Running } there || there.Generation == vm.Generation)
                return status;
            await invocation.Services.Error.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"hostctl: '{SafeText.Name(vm.Name)}' has moved to gen-{there.Generation}; connected there").AsMemory(), invocation.Token);
            vm = there;
        }
    }
}
