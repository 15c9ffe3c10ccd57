using HostSwap.Lab.Processes;

namespace HostSwap.Lab;

/// <summary>Programs of Debian packages that only tests need, and that are not installed for that.</summary>
public static class DebianTool
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>The path of one, which is fetched where the machine lacks it.</summary>
    /// <param name="package">The package.</param>
    /// <param name="path">The program's path in it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="LabException">It cannot be had.</exception>
    public static async Task<string> FindAsync(string package, string path, CancellationToken cancellationToken) =>
        (await Command.RunAsync(Path.Join(Repository.Root, "tests/lab/debian-tool"), [package, path], cancellationToken, limit: Limit)).Succeeded().Output.Trim();
}
