using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Docker;

/// <summary>Runs one command in a container by Docker's exec API, which takes an argument list and no shell line.</summary>
internal static class ContainerCommand
{
    private const int LargestOutput = 1 << 20;

    public static async Task<CommandOutcome> RunAsync(
        DockerClient client, string container, string call, IReadOnlyList<string> command, string? input, CancellationToken cancellationToken)
    {
        var created = await client.Exec.CreateContainerExecAsync(
            container,
            new ContainerExecCreateParameters { Cmd = [.. command], AttachStdin = input is not null, AttachStdout = true, AttachStderr = true },
            cancellationToken);
        using var stream = await client.Exec.StartContainerExecAsync(
            created.ID, new ContainerExecStartParameters(), cancellationToken);
        var reading = ReadAsync(stream, call, cancellationToken);
        if (input is not null)
            await WriteAsync(stream, input, cancellationToken);
        var (output, error) = await reading;

        // The streams end when the command has closed them, which is at its end unless it left a child behind.
        var ended = await client.Exec.InspectContainerExecAsync(created.ID, cancellationToken);
        return ended is { Running: false, ExitCode: { } status }
            ? new CommandOutcome(status, output, error)
            : throw new AdapterException("docker", call, "it closed its output and goes on running");
    }

    private static async Task WriteAsync(MultiplexedStream stream, string input, CancellationToken cancellationToken)
    {
        try
        {
            var bytes = Encoding.UTF8.GetBytes(input);
            await stream.WriteAsync(bytes, 0, bytes.Length, cancellationToken);
            stream.CloseWrite();
        }
        catch (IOException)
        {
            // It has ended without reading all of it, which its exit code tells, and what it wrote says why.
        }
    }

    private static async Task<(string Output, string Error)> ReadAsync(
        MultiplexedStream stream, string call, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (; ; )
        {
            var read = await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken);
            if (read.EOF)
                return (Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));

            var target = read.Target == MultiplexedStream.TargetStream.StandardError ? error : output;
            target.Write(buffer, 0, read.Count);
            if (target.Length > LargestOutput)
                throw new AdapterException("docker", call, $"it wrote more than {LargestOutput} bytes");
        }
    }
}
