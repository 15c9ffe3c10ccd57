using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Displays;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl display VM</c> and <c>hostctl display --all</c>.</summary>
internal sealed class DisplayCommand : Verb
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly Argument<string?> _vm = new("vm") { Description = "Name or UUID of the VM", Arity = ArgumentArity.ZeroOrOne };

    private readonly Option<IPEndPoint?> _listen = new("--listen")
    {
        Description = "Where viewers connect, as in 127.0.0.1:5901 [default: any free port of 127.0.0.1]",
        CustomParser = static result =>
        {
            if (IPEndPoint.TryParse(result.Tokens[0].Value, out var address)) return address;
            result.AddError("--listen takes an address with a port, such as 127.0.0.1:5901 or [::1]:5901.");
            return null;
        },
    };

    private readonly Option<bool> _all = new("--all") { Description = "Every VM that has a 'display' in the configuration" };

    /// <summary>Adds the verb to the grammar.</summary>
    public DisplayCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "display", "Keeps the VNC or SPICE display of VMs at one address of this machine, wherever they run.")
    {
        Add(_vm);
        Add(_listen);
        Add(_all);
        Validators.Add(result =>
        {
            var named = result.GetValue(_vm) is not null;
            if (named == result.GetValue(_all)) result.AddError("Name a VM, or give --all.");
            if (!named && result.GetValue(_listen) is not null) result.AddError("--listen goes with a VM; with --all the configuration says where.");
        });
    }

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var host = invocation.OpenHost();
        var wanted = await WantedAsync(invocation, host);
        if (wanted.Count == 0)
        {
            invocation.Warn("no VM has a 'display' in the configuration");
            return (int)ExitCode.NothingToDo;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(invocation.Token);
        List<DisplayRelay> relays = [];
        try
        {
            foreach (var (vm, address) in wanted)
            {
                var relay = new DisplayRelay(
                    address, token => ConnectAsync(host, vm, token), problem => invocation.Warn($"'{SafeText.Name(vm)}': {problem}"));
                relays.Add(relay);
                await invocation.Services.Out.WriteLineAsync($"{SafeText.Name(vm)}: {relay.Address}".AsMemory(), invocation.Token);
                if (!IPAddress.IsLoopback(relay.Address.Address))
                    invocation.Warn($"'{SafeText.Name(vm)}': whoever reaches {relay.Address} reaches its display");
            }

            // One that has failed must not be missed because the others go on.
            List<Task> running = [.. relays.Select(relay => relay.RunAsync(end.Token))];
            await Task.WhenAny(running);
            await end.CancelAsync();
            await Task.WhenAll(running);
        }
        catch (OperationCanceledException) when (invocation.Token.IsCancellationRequested)
        {
            // It goes on until somebody ends it, which is no interruption.
        }
        finally
        {
            foreach (var relay in relays) relay.Dispose();
        }

        return (int)ExitCode.Done;
    }

    /// <summary>A VM that is named must be there now; those of the configuration may come later.</summary>
    private async Task<IReadOnlyList<(string Vm, IPEndPoint Address)>> WantedAsync(Invocation invocation, IOuterHost host)
    {
        if (invocation.Parsed.GetValue(_vm) is not { } named)
            return [.. invocation.Settings.Vms.Where(static pair => pair.Value.Display is not null).Select(static pair => (pair.Key, pair.Value.Display!))];
        var vm = VmResolver.ResolveAnywhere(await host.GetStatusAsync(invocation.Token), named);
        // By UUID from here on, so that it stays this VM whatever it is called.
        var uuid = vm.Uuid.ToString();
        var configured = invocation.Settings.Vms.GetValueOrDefault(vm.Name)?.Display;
        return [(uuid, invocation.Parsed.GetValue(_listen) ?? configured ?? AnyPort)];
    }

    private static async Task<Socket> ConnectAsync(IOuterHost host, string named, CancellationToken cancellationToken)
    {
        var vm = VmResolver.ResolveAnywhere(await host.GetStatusAsync(cancellationToken), named);
        if (!vm.IsActive)
            throw new EnvironmentException(string.Create(CultureInfo.InvariantCulture, $"it is shut off in gen-{vm.Generation}"), "Start it.");
        return await host.ConnectDisplayAsync(new VmPlace(vm.Generation, vm.Uuid), cancellationToken);
    }
}
