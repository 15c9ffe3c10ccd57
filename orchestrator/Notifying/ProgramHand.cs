using System.Globalization;
using HostSwap.Orchestrator.Processes;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>Hands notices to programs.</summary>
internal static class ProgramHand
{
    private const int MostSaid = 1000;

    /// <summary>Runs a program that takes something from its standard input.</summary>
    /// <param name="programs">Runs it.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="input">What it takes.</param>
    /// <param name="variables">What its environment has besides this process's.</param>
    /// <param name="cancellationToken">Ends it; the deadline of the attempt is in it.</param>
    /// <returns>That it has taken it, and what it said to that, in one line: untrusted text.</returns>
    /// <exception cref="NotDeliveredException">It has not ended with 0.</exception>
    public static async Task<string> HandAsync(
        this IProgramRunner programs, IReadOnlyList<string> command, string input, Dictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var outcome = await programs.RunAsync(new ProgramCall(command, Timeout.InfiniteTimeSpan) { Input = input, Environment = variables }, cancellationToken);
        var said = Notice.OneLine(outcome.LastLine, MostSaid);
        if (outcome.ExitCode == 0)
            return said.Length > 0 ? $"{command[0]}: {said}" : $"{command[0]} has taken it";
        throw new NotDeliveredException(
            string.Create(CultureInfo.InvariantCulture, $"{command[0]} ended with {outcome.ExitCode}{(said.Length > 0 ? ": " : "")}{said}"), "Run it by hand, and see its own log.");
    }
}
