using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>Runs a program that is given something on its standard input.</summary>
internal static class ChildProgram
{
    private const int MostOutput = 1000;

    /// <summary>For how long output is still read of a program that has ended, as where a child of its own keeps the pipe open.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">The program and its arguments, which no shell looks at.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="variables">What its environment has besides this process's.</param>
    /// <param name="cancellationToken">Ends it and all that it has started.</param>
    /// <returns>The beginning of what it said, in one line: untrusted text.</returns>
    /// <exception cref="NotDeliveredException">It cannot be started, or did not end with 0.</exception>
    public static async Task<string> RunAsync(
        IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        using var program = new Process { StartInfo = Describe(arguments, variables) };
        try
        {
            program.Start();
        }
        catch (Win32Exception exception)
        {
            throw new NotDeliveredException($"{arguments[0]} cannot be started: {exception.Message}", "Install it, or name another program in the configuration.", exception);
        }

        using var reading = new CancellationTokenSource();
        var said = Task.WhenAll(ReadAsync(program.StandardError.BaseStream, reading.Token), ReadAsync(program.StandardOutput.BaseStream, reading.Token));
        try
        {
            await WriteAsync(program, input, cancellationToken);
            await program.WaitForExitAsync(cancellationToken);
        }
        finally
        {
            // Not after it has ended: its children may be a mail system's, at work on the message.
            if (!program.HasExited)
                program.Kill(entireProcessTree: true);
            reading.CancelAfter(Grace);
            await said;
        }

        var words = Notice.OneLine(string.Join(' ', (await said).Where(static text => text.Length > 0)), MostOutput);
        return program.ExitCode == 0
            ? words
            : throw new NotDeliveredException(
                string.Create(CultureInfo.InvariantCulture, $"{arguments[0]} ended with {program.ExitCode}{(words.Length > 0 ? ": " : "")}{words}"),
                "Run it by hand, and see its own log.");
    }

    private static ProcessStartInfo Describe(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(arguments[0])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in arguments.Skip(1))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return start;
    }

    private static async Task WriteAsync(Process program, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await program.StandardInput.BaseStream.WriteAsync(input, cancellationToken);
            program.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has closed its input without having read it all; whether that is well is for its exit status to say.
        }
    }

    /// <summary>The beginning of a stream, which is read to its end all the same, so that whoever writes it is not held up.</summary>
    private static async Task<string> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
                kept.Write(buffer, 0, (int)Math.Min(count, MostOutput - kept.Length));
        }
        catch (OperationCanceledException)
        {
            // The program has ended, and something that it left behind holds the stream: what there is will do.
        }

        return Encoding.UTF8.GetString(kept.ToArray()).Trim().ReplaceLineEndings(" ");
    }
}
