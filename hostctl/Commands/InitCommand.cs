using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl init</c>.</summary>
internal sealed class InitCommand(HostctlServices services, GlobalOptions options)
    : Verb(services, options, "init", "Prepares this machine as an outer host: directories, journal, guest network. Running it again changes nothing.")
{
    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var created = await invocation.OpenHost(withLogFile: false).InitialiseAsync(invocation.Token);
        foreach (var line in created) invocation.Out.Line(line);
        invocation.Out.Line(created.Count == 0 ? "Everything was there already." : "This outer host is initialised. Next: 'hostctl start'.", Tone.Good);
        return (int)ExitCode.Done;
    }
}
