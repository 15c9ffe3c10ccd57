using HostSwap.Lab;
using HostSwap.Lab.Processes;

namespace HostSwap.IntegrationTests.Support;

/// <summary>Opens pages in a real browser, headless Chromium from Debian's packages, without a network.</summary>
internal static class Browser
{
    private const string Program = "chromium";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Takes a picture of a page.</summary>
    /// <param name="page">Its file.</param>
    /// <param name="picture">The picture's file.</param>
    /// <param name="dark">Whether the person who looks wants it dark.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The picture, a PNG.</returns>
    public static async Task<byte[]> PictureAsync(string page, string picture, bool dark, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(picture)!);
        await RunAsync([$"--screenshot={picture}", "--window-size=1280,1800", $"--blink-settings=preferredColorScheme={(dark ? 0 : 1)}", $"file://{page}"], cancellationToken);
        return await File.ReadAllBytesAsync(picture, cancellationToken);
    }

    /// <summary>The page as the browser understood it.</summary>
    public static Task<string> DocumentAsync(string page, CancellationToken cancellationToken) =>
        RunAsync(["--dump-dom", $"file://{page}"], cancellationToken);

    private static async Task<string> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        await InstallAsync(cancellationToken);
        var profile = Directory.CreateTempSubdirectory("hostswap-browser-");
        try
        {
            string[] options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND", $"--user-data-dir={profile.FullName}"];
            return (await Command.RunAsync(Program, [.. options, .. arguments], cancellationToken, Limit)).Succeeded().Output;
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }

    private static async Task InstallAsync(CancellationToken cancellationToken)
    {
        if (File.Exists($"/usr/bin/{Program}")) return;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["DEBIAN_FRONTEND"] = "noninteractive" };
        await Command.RunAsync("apt-get", ["-q", "-q", "update"], cancellationToken, Limit, environment: environment);
        var installed = await Command.RunAsync(
            "apt-get", ["-q", "-q", "install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", Program], cancellationToken, TimeSpan.FromMinutes(6), environment: environment);
        if (!File.Exists($"/usr/bin/{Program}")) throw new LabException($"the browser cannot be installed: {installed.Describe()}");
    }
}
