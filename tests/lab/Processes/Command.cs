using System.Diagnostics;
using System.Text;

namespace HostSwap.Lab.Processes;

/// <summary>What a finished program left.</summary>
public sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Error, TimeSpan Elapsed)
{
    /// <summary>Itself where the exit code is 0.</summary>
    /// <exception cref="LabException">It is not; the message holds all that was printed.</exception>
    public CommandResult Succeeded() => ExitCode == 0 ? this : throw new LabException(Describe());

    /// <summary>Everything about it, for the message of a failed test.</summary>
    public string Describe() => $"{CommandLine}\nexit code {ExitCode} after {Elapsed.TotalSeconds:0.0} s\n{Output}\n{Error}".TrimEnd();
}

/// <summary>Runs programs to their end, by argument lists alone: nothing passes through a shell.</summary>
public static class Command
{
    /// <summary>Limit of a command for which none is given.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);

    /// <summary>Runs a program whose exit code may be anything.</summary>
    public static async Task<CommandResult> RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken,
        TimeSpan? limit = null,
        string? input = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var clock = Stopwatch.StartNew();
        var start = StartInfo(program, arguments, environment);
        start.RedirectStandardInput = true;
        using var process = Start(start);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit ?? DefaultLimit);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var error = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.StandardInput.WriteAsync((input ?? "").AsMemory(), deadline.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return new CommandResult(Line(program, arguments), process.ExitCode, await output, await error, clock.Elapsed);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new LabException($"{Line(program, arguments)}: not finished after {clock.Elapsed.TotalSeconds:0.0} s");
        }
    }

    /// <summary>Prepares a program whose output is captured.</summary>
    public static ProcessStartInfo StartInfo(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;
        return start;
    }

    /// <summary>Starts it, or says that it cannot be started.</summary>
    public static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new LabException($"{start.FileName}: not started");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new LabException($"{start.FileName}: cannot be started: {exception.Message}", exception);
        }
    }

    /// <summary>The command as a person would read it; not meant to be pasted into a shell.</summary>
    public static string Line(string program, IReadOnlyList<string> arguments) =>
        $"{program} {string.Join(' ', arguments)}";
}
