using System.CommandLine;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary><c>hostctl retire</c>.</summary>
internal sealed class RetireCommand : Verb
{
    private readonly Option<bool> _now = new("--now") { Description = "End the soak at once" };

    /// <summary>Adds the verb to the grammar.</summary>
    public RetireCommand(HostctlServices services, GlobalOptions options)
        : base(services, options, "retire", "Stops old generations whose soak is over, and removes those kept long enough. A timer does it.") =>
        Add(_now);

    /// <inheritdoc/>
    protected override InterruptMode Interrupts => InterruptMode.Orderly;

    /// <inheritdoc/>
    protected override bool Changes => false;

    /// <inheritdoc/>
    protected override async Task<int> ExecuteAsync(Invocation invocation)
    {
        var done = await invocation.OpenHost().RetireAsync(invocation.Parsed.GetValue(_now), invocation.Token);
        invocation.Out.Line(done ?? "Nothing is due.");
        return (int)(done is null ? ExitCode.NothingToDo : ExitCode.Done);
    }
}
