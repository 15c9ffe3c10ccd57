using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Adopting;

/// <summary>
/// Runs one command on the outer host itself, as Docker runs one in a host container: by an argument list, in the namespaces
/// of the outer host's init (nsenter(1)), which are hostctl's own as a rule.
/// </summary>
internal static class OuterCommand
{
    private const int LargestOutput = 1 << 20;
    private const string System = "outer host";

    /// <summary>Runs it as root and waits for its end; one that takes longer is killed.</summary>
    /// <exception cref="AdapterException">It cannot be started, or wrote more than 1 MiB.</exception>
    /// <exception cref="DeadlineException">It did not end in time.</exception>
    public static async Task<CommandOutcome> RunAsync(
        int initPid, IReadOnlyList<string> command, TimeSpan limit, string? input, CancellationToken cancellationToken)
    {
        var call = string.Join(' ', command);
        var start = new ProcessStartInfo("nsenter") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])["--target", initPid.ToString(CultureInfo.InvariantCulture), "--mount", "--uts", "--ipc", "--net", "--pid", "--", .. command])
            start.ArgumentList.Add(argument);
        using var process = Start(start, call);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            var output = ReadAsync(process.StandardOutput.BaseStream, call, deadline.Token);
            var error = ReadAsync(process.StandardError.BaseStream, call, deadline.Token);
            await WriteAsync(process, input, deadline.Token);
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
