using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Hostctl;

/// <summary>Runs programs that take over this terminal.</summary>
internal interface IChildRunner
{
    /// <summary>Runs a program with this process's standard streams and waits for its end.</summary>
    /// <param name="command">The program and its arguments, which no shell looks at.</param>
    /// <param name="signals">The process's signals, which the child gets instead of hostctl.</param>
    /// <returns>The program's exit status; 128 and the signal's number where a signal ended it.</returns>
    /// <exception cref="EnvironmentException">The program cannot be started.</exception>
    Task<int> RunAsync(IReadOnlyList<string> command, ISignals signals);
}

/// <summary>Runs real programs.</summary>
internal sealed partial class ChildRunner : IChildRunner
{
    private const int SignalHangUp = 1;
    private const int SignalTerminate = 15;

    /// <inheritdoc/>
    public async Task<int> RunAsync(IReadOnlyList<string> command, ISignals signals)
    {
        using var child = new Process { StartInfo = Describe(command) };

        // Listening begins before the child does, or a Ctrl-C in between would end hostctl and leave the child behind.
        using var listening = signals.Listen(signal => PassOn(signal, child));
        try
        {
            child.Start();
        }
        catch (Win32Exception e)
        {
            throw new EnvironmentException(
                $"cannot start '{command[0]}': {e.Message}", $"Install '{command[0]}' or put it into PATH.", e);
        }

        await child.WaitForExitAsync(CancellationToken.None);
        return child.ExitCode;
    }

    private static ProcessStartInfo Describe(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0]) { UseShellExecute = false };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        return start;
    }

    private static bool PassOn(PosixSignal signal, Process child)
    {
        // The terminal itself sends Ctrl-C to the child, which has the same foreground process group. The others are
        // sent to hostctl alone, and the child must hear of them.
        var number = signal switch
        {
            PosixSignal.SIGTERM => SignalTerminate,
            PosixSignal.SIGHUP => SignalHangUp,
            _ => 0,
        };
        if (number == 0) return true;
        try
        {
            if (!child.HasExited) _ = Kill(child.Id, number);
        }
        catch (InvalidOperationException)
        {
            // The child has not been started yet: let the signal end hostctl, as there is nothing to wait for.
            return false;
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
