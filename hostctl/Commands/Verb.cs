using System.CommandLine;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Commands;

/// <summary>
/// One verb. It decides; what it finds is drawn by <c>Rendering</c> or mapped by <c>Json</c>. Exceptions pass through
/// it: here they become the exit status and a line for the operator.
/// </summary>
internal abstract class Verb : Command
{
    private readonly HostctlServices _services;

    /// <summary>Adds the verb to the grammar.</summary>
    protected Verb(HostctlServices services, GlobalOptions options, string name, string description)
        : base(name, description)
    {
        _services = services;
        Shared = options;
        SetAction(RunAsync);
    }

    /// <summary>The options that verbs share.</summary>
    protected GlobalOptions Shared { get; }

    /// <summary>What signals do while it runs.</summary>
    protected virtual InterruptMode Interrupts => InterruptMode.CancelThenDie;

    /// <summary>Whether it is worth a line in the log each time, since it changes something.</summary>
    protected virtual bool Changes => Interrupts == InterruptMode.Orderly;

    /// <summary>Does it.</summary>
    /// <returns>The exit status.</returns>
    protected abstract Task<int> ExecuteAsync(Invocation invocation);

    // The token of System.CommandLine is not used: signals are the guard's, and nothing else cancels a verb.
    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var guard = new InterruptGuard(
            _services.Signals, Interrupts, message => _services.Error.WriteLine($"hostctl: {SafeText.Sentence(message)}"));
        using var invocation = new Invocation(_services, Shared, parsed, guard, Changes);
        try
        {
            try
            {
                return await ExecuteAsync(invocation);
            }
            finally
            {
                // Closed before the log is, and within reach of the catch: a failure here is told like any other.
                await invocation.CloseHostAsync();
            }
        }
#pragma warning disable CA1031 // Every exception becomes an exit status here, and nowhere else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return (int)ErrorReport.Tell(invocation, e, guard.Token.IsCancellationRequested);
        }
    }
}
