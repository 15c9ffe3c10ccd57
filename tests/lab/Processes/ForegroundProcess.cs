using System.Diagnostics;

namespace HostSwap.Lab.Processes;

/// <summary>Runs a program that talks to this program's own terminal or pipes.</summary>
public static class ForegroundProcess
{
    /// <summary>
    /// Runs it to its end. When cancelled it is interrupted once, as by Ctrl-C, and is given the grace to end in an orderly
    /// way, which is what a person would do.
    /// </summary>
    public static async Task<int> RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        TimeSpan limit,
        TimeSpan grace,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Command.Start(start);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            Native.Send(process.Id, Signal.Interrupt);
            await EndAsync(process, grace);
            cancellationToken.ThrowIfCancellationRequested();
            throw new LabException($"{Command.Line(program, arguments)}: not finished after {limit.TotalSeconds:0} s");
        }
    }

    private static async Task EndAsync(Process process, TimeSpan grace)
    {
        using var patience = new CancellationTokenSource(grace);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}
