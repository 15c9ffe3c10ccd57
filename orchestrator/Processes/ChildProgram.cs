using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Processes;

/// <summary>How a program ended. What it wrote is untrusted text.</summary>
/// <param name="ExitCode">Its exit status; 128 and the signal's number where a signal ended it.</param>
/// <param name="Output">The end of what it wrote to standard output.</param>
/// <param name="Error">The same of standard error.</param>
public sealed record ProgramOutcome(int ExitCode, string Output, string Error)
{
    /// <summary>The last line that it wrote, to standard output where there is one there: what people are told of it.</summary>
    public string LastLine => LastOf(Output) ?? LastOf(Error) ?? "";

    private static string? LastOf(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., var last] ? last : null;
}

/// <summary>A program to be run on the outer host.</summary>
/// <param name="Command">The program and its arguments, at which no shell looks.</param>
/// <param name="Limit">How long it may take; it is ended then.</param>
public sealed record ProgramCall(IReadOnlyList<string> Command, TimeSpan Limit)
{
    /// <summary>What its environment has besides this process's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What it reads from standard input.</summary>
    public string Input { get; init; } = "";

    /// <summary>Is told every line of its standard output as it comes.</summary>
    public Action<string>? OnLine { get; init; }
}

/// <summary>Runs programs.</summary>
public interface IProgramRunner
{
    /// <summary>Runs one to its end.</summary>
    /// <exception cref="EnvironmentException">It cannot be started.</exception>
    /// <exception cref="DeadlineException">It did not end in time, and was ended.</exception>
    Task<ProgramOutcome> RunAsync(ProgramCall call, CancellationToken cancellationToken);
}

/// <summary>Runs real programs as children of this process.</summary>
public sealed partial class ProgramRunner(TimeProvider time) : IProgramRunner
{
    private const int Terminate = 15;

    /// <summary>Of each stream only the end is kept: it is where programs say why they fail.</summary>
    private const int Kept = 64 * 1024;

    /// <summary>How long one that is asked to end may take to put its things away, before it is ended by force.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>How long its streams may stay open after its end, in the hands of a child that it left behind.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(ProgramCall call, CancellationToken cancellationToken)
    {
        using var child = new Process { StartInfo = Describe(call) };
        using var deadline = new CancellationTokenSource(call.Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        Start(child, call);
        var output = new Tail();
        var error = new Tail();
        var streams = Task.WhenAll(ReadAsync(child.StandardOutput, output, call.OnLine), ReadAsync(child.StandardError, error, onLine: null), WriteAsync(child.StandardInput, call.Input));
        try
        {
            await child.WaitForExitAsync(both.Token);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(child);
            cancellationToken.ThrowIfCancellationRequested();
            throw new DeadlineException($"{call.Command[0]} to end", call.Limit, output.Last() ?? error.Last() ?? "it wrote nothing");
        }

        await Task.WhenAny(streams, Task.Delay(Drain, time, CancellationToken.None));
        return new ProgramOutcome(child.ExitCode, output.ToString(), error.ToString());
    }

    private static ProcessStartInfo Describe(ProgramCall call)
    {
        var start = new ProcessStartInfo(call.Command[0])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in call.Command.Skip(1))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in call.Environment)
            start.Environment[name] = value;
        return start;
    }

    private static void Start(Process child, ProgramCall call)
    {
        try
        {
            child.Start();
        }
        catch (Win32Exception exception)
        {
            throw new EnvironmentException($"{call.Command[0]} cannot be started: {exception.Message}", "See that it is there, and root may execute it.", exception);
        }
    }

    private static async Task ReadAsync(StreamReader reader, Tail tail, Action<string>? onLine)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            tail.Add(line);
            onLine?.Invoke(line);
        }
    }

    private static async Task WriteAsync(StreamWriter writer, string input)
    {
        try
        {
            await writer.WriteAsync(input);
            writer.Close();
        }
        catch (IOException)
        {
            // It has ended, or closed its input, without reading all of it: its exit status says what came of that.
        }
    }

    private async Task EndAsync(Process child)
    {
        _ = Kill(child.Id, Terminate);
        using var grace = new CancellationTokenSource(Grace, time);
        try
        {
            await child.WaitForExitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            child.Kill(entireProcessTree: true);
            await child.WaitForExitAsync(CancellationToken.None);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);

    /// <summary>The last lines of a stream.</summary>
    private sealed class Tail
    {
        private readonly Lock _lock = new();
        private readonly StringBuilder _text = new();

        public void Add(string line)
        {
            lock (_lock)
            {
                _text.Append(line).Append('\n');
                if (_text.Length > 2 * Kept)
                    _text.Remove(0, _text.Length - Kept);
            }
        }

        public string? Last() => ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries) is [.., var last] ? last : null;

        public override string ToString()
        {
            lock (_lock)
            {
                return _text.ToString();
            }
        }
    }
}
