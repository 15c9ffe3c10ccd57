using System.CommandLine;
using HostSwap.Hostctl.Rendering;

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
        var generation = await invocation.OpenHost().StartAsync(invocation.Parsed.GetValue(_image), invocation.Token);
        StatusText.WriteGeneration(invocation.Out, generation);
        return (int)ExitCode.Done;
    }
}
