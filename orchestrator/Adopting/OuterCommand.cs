using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Adopting;

/// <summary>
/// Runs one command on the outer host itself, as Docker runs one in a host container: by an argument list. Where hostctl is not
/// in the outer host's namespaces, as in tests, the command enters those of its init (nsenter(1)).
/// </summary>
internal static class OuterCommand
{
    private const int LargestOutput = 1 << 20;
    private const string System = "outer host";

    /// <summary>Runs it as root and waits for its end; one that takes longer is killed.</summary>
    /// <param name="initPid">The init whose namespaces it enters; null for none, since hostctl is in them.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="input">What it reads from standard input; null for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="AdapterException">It cannot be started, or wrote more than 1 MiB.</exception>
    /// <exception cref="DeadlineException">It did not end in time.</exception>
    public static async Task<CommandOutcome> RunAsync(
        int? initPid, IReadOnlyList<string> command, TimeSpan limit, string? input, CancellationToken cancellationToken)
    {
        var call = string.Join(' ', command);
        IReadOnlyList<string> line = initPid is { } init
            ? ["nsenter", "--target", init.ToString(CultureInfo.InvariantCulture), "--mount", "--uts", "--ipc", "--net", "--pid", "--", .. command]
            : command;
        var start = new ProcessStartInfo(line[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        // What it writes is read by programs.
        start.Environment["LC_ALL"] = "C";
        foreach (var argument in line.Skip(1))
            start.ArgumentList.Add(argument);
        using var process = Start(start, call);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            var output = ReadAsync(process.StandardOutput.BaseStream, call, deadline.Token);
            var error = ReadAsync(process.StandardError.BaseStream, call, deadline.Token);
            await WriteAsync(process, input, deadline.Token);
            // One that writes too much to the one would be waited for at the other.
            await await Task.WhenAny(output, error);
            await Task.WhenAll(output, error);
            await process.WaitForExitAsync(deadline.Token);
            return new CommandOutcome(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DeadlineException($"'{call}' on the outer host to end", limit, "it goes on");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(ProcessStartInfo start, string call)
    {
        try
        {
            return Process.Start(start) ?? throw new AdapterException(System, call, "it was not started");
        }
        catch (Win32Exception exception)
        {
            throw new AdapterException(System, call, exception.Message, exception);
        }
    }

    private static async Task WriteAsync(Process process, string? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
                await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without reading all of it, which its exit code tells, and what it wrote says why.
        }
    }

    private static async Task<string> ReadAsync(Stream stream, string call, CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            text.Write(buffer, 0, count);
            if (text.Length > LargestOutput)
                throw new AdapterException(System, call, $"it wrote more than {LargestOutput} bytes");
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }
}
