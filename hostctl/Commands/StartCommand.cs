using System.CommandLine;
using HostSwap.Hostctl.Logging;
using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Watching;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl start</c>.</summary>
internal sealed class StartCommand : Verb
{
    private readonly Option<string?> _image = GlobalOptions.MakeImage("Image of the first generation [default: the configured one]");

    /// <summary>Adds the verb to the grammar.</summary>
    public StartCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "start", "Brings the active generation up, creating gen-1 where there is none. systemd does it at every boot.") =>
        Add(_image);

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var host = invocation.OpenHost();
        var observers = new ISwapObserver[]
        {
            new LoggingObserver(invocation.Log!.Logger),
            new PlainPresenter(invocation.Services.Error, invocation.Services.Error, invocation.Services.Time),
        };
        await using var observer = new QueuedObserver(observers);
        var generation = await host.StartAsync(invocation.Parsed.GetValue(_image), observer, invocation.Token);
        await observer.FlushAsync(invocation.Token);
        StatusText.WriteGeneration(invocation.Out, generation);
        return (int)ExitCode.Done;
    }
}
