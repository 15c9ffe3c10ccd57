using HostSwap.Lab;
using HostSwap.Lab.Processes;

namespace HostSwap.IntegrationTests.Support;

/// <summary>Debian packages of the released program (<c>make build</c>), made by the Makefile, in two versions.</summary>
public sealed class DebianPackage : Xunit.IAsyncLifetime
{
    /// <summary>Where they are in a container that has <see cref="Directory"/> as a volume.</summary>
    public const string Mount = "/packages";

    /// <summary>A version that is newer than <see cref="Version"/>.</summary>
    public const string NewerVersion = "999.0";

    /// <summary>Directory with both, which the next run makes anew.</summary>
    public static string Directory => Path.Join(Repository.Output, "tests/packages");

    /// <summary>The version that the Makefile gives it.</summary>
    public string Version { get; private set; } = "";

    /// <summary>The package as it is on this machine.</summary>
    public string Built { get; private set; } = "";

    /// <summary>The package, seen in a container.</summary>
    public string Inside => Path.Join(Mount, Path.GetFileName(Built));

    /// <summary>The same with a newer version.</summary>
    public string NewerInside { get; private set; } = "";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var token = Xunit.TestContext.Current.CancellationToken;
        if (System.IO.Directory.Exists(Directory)) System.IO.Directory.Delete(Directory, recursive: true);
        Built = await BuildAsync([], token);
        NewerInside = Path.Join(Mount, Path.GetFileName(await BuildAsync([$"DEB_VERSION={NewerVersion}"], token)));
        Version = (await Command.RunAsync("dpkg-deb", ["--field", Built, "Version"], token)).Succeeded().Output.Trim();
        // Units name Docker's, which no host image has.
        await WriteAsync("docker.service", "[Service]\nType=oneshot\nExecStart=/bin/true\nRemainAfterExit=yes\n", token);
        // Has hostswap.service do as if generations were up.
        await WriteAsync("started.conf", "[Service]\nExecStart=\nExecStart=/bin/true\n", token);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Makes a package of what has been built, and returns its path.</summary>
    public static async Task<string> BuildAsync(
        IReadOnlyList<string> variables, CancellationToken cancellationToken, string? directory = null)
    {
        string[] arguments = ["--silent", "--no-print-directory", "-C", Repository.Root, "package"];
        var made = await Command.RunAsync(
            "make", [.. arguments, $"DEB_OUT={directory ?? Directory}", .. variables], cancellationToken, TimeSpan.FromMinutes(2));
        return made.Succeeded().Output.Trim();
    }

    private static Task WriteAsync(string name, string text, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(Path.Join(Directory, name), text, cancellationToken);
}
