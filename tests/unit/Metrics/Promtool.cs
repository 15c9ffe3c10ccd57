using System.Diagnostics;
using Shouldly;

namespace HostSwap.UnitTests.Metrics;

/// <summary>promtool(1) of Debian's package prometheus, which is fetched where the machine lacks it.</summary>
internal static class Promtool
{
    /// <summary>The top of the source tree.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Runs it.</summary>
    /// <returns>Its exit status, and all that it said.</returns>
    public static async Task<(int ExitCode, string Said)> RunAsync(IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken token)
    {
        var (found, path) = await RunAsync(Path.Join(Root, "tests/lab/debian-tool"), ["prometheus", "usr/bin/promtool"], input: default, token);
        found.ShouldBe(0, $"promtool cannot be had: {path}");
        return await RunAsync(path.Trim(), arguments, input, token);
    }

    private static async Task<(int ExitCode, string Said)> RunAsync(string program, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, CancellationToken token)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.Start();
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(token), process.StandardError.ReadToEndAsync(token));
        await process.StandardInput.BaseStream.WriteAsync(input, token);
        process.StandardInput.Close();
        await process.WaitForExitAsync(token);
        return (process.ExitCode, string.Concat(await said));
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(directory.FullName, "HostSwap.slnx")))
            directory = directory.Parent.ShouldNotBeNull("the tests run outside the source tree");
        return directory.FullName;
    }
}
