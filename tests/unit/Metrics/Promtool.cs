using System.Diagnostics;
using Shouldly;

namespace HostSwap.UnitTests.Metrics;

/// <summary>promtool(1) of Debian's package prometheus, which is fetched where the machine lacks it.</summary>
internal static class Promtool
{
    /// <summary>The top of the source tree.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Its path.</summary>
    public static async Task<string> FindAsync(CancellationToken token)
    {
        using var find = Process.Start(new ProcessStartInfo(Path.Join(Root, "tests/lab/debian-tool"), ["prometheus", "usr/bin/promtool"]) { RedirectStandardOutput = true })!;
        var path = (await find.StandardOutput.ReadToEndAsync(token)).Trim();
        await find.WaitForExitAsync(token);
        find.ExitCode.ShouldBe(0, "promtool cannot be had");
        return path;
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(directory.FullName, "HostSwap.slnx")))
            directory = directory.Parent.ShouldNotBeNull("the tests run outside the source tree");
        return directory.FullName;
    }
}
