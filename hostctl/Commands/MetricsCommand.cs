using System.CommandLine;
using System.Net;
using System.Text;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Metrics;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl metrics</c>.</summary>
internal sealed class MetricsCommand : Verb
{
    private static readonly IPEndPoint DefaultAddress = new(IPAddress.Loopback, 9177);

    private readonly Option<string?> _write = new("--write") { Description = "Put them into this file, for node-exporter's textfile collector", HelpName = "FILE" };

    private readonly Option<IPEndPoint?> _listen = new("--listen")
    {
        Description = $"Serve them over HTTP, at {DefaultAddress} where nothing is said",
        HelpName = "ADDRESS:PORT",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = static result =>
        {
            if (result.Tokens.Count == 0) return DefaultAddress;
            if (IPEndPoint.TryParse(result.Tokens[0].Value, out var address) && address.Port != 0) return address;
            result.AddError("--listen takes an address with a port, such as 127.0.0.1:9177 or [::1]:9177.");
            return null;
        },
    };

    /// <summary>Adds the verb to the grammar.</summary>
    public MetricsCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "metrics", "Shows metrics in the text format of Prometheus, writes them to a file, or serves them.")
    {
        Add(_write);
        Add(_listen);
        Validators.Add(result =>
        {
            if (result.GetResult(_listen) is not null && result.GetResult(_write) is not null) result.AddError("Give --write or --listen, not both.");
        });
    }

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var host = invocation.OpenHost();
        if (invocation.Parsed.GetResult(_listen) is not null)
            await ServeAsync(invocation, host, invocation.Parsed.GetValue(_listen) ?? DefaultAddress);
        else if (invocation.Parsed.GetValue(_write) is { } path)
            MetricsFile.Write(path, await MakeAsync(invocation, host, invocation.Token));
        else
            await invocation.Services.Out.WriteAsync(Encoding.UTF8.GetString(await MakeAsync(invocation, host, invocation.Token)));
        return (int)ExitCode.Done;
    }

    private static async Task<byte[]> MakeAsync(Invocation invocation, IOuterHost host, CancellationToken cancellationToken) =>
        await MetricsPage.MakeAsync(await new MetricsReader(host, VersionCommand.Current).ReadAsync(invocation.Services.Time, cancellationToken), cancellationToken);

    private static async Task ServeAsync(Invocation invocation, IOuterHost host, IPEndPoint address)
    {
        using var server = new MetricsServer(address, token => MakeAsync(invocation, host, token), invocation.Warn, invocation.Services.Time);
        await invocation.Services.Out.WriteLineAsync($"http://{address}/metrics".AsMemory(), invocation.Token);
        if (!IPAddress.IsLoopback(address.Address))
            invocation.Warn($"whoever reaches {address} reads the names of VMs and images, and what waits to be updated");
        // It goes on until somebody ends it, which is no interruption.
        await server.RunAsync(invocation.Token);
    }
}
