using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using HostSwap.Lab;
using Xunit;

namespace HostSwap.IntegrationTests.Support;

/// <summary>A whole Debian in a container, in which packages of <see cref="DebianPackage"/> are installed.</summary>
internal sealed class PackagedHost : IAsyncDisposable
{
    private readonly IContainer _container;

    private PackagedHost(IContainer container) => _container = container;

    /// <summary>hostctl's state directory in it.</summary>
    public const string State = "/var/lib/hostswap";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts one, and waits until its systemd has come up.</summary>
    public static async Task<PackagedHost> StartAsync(string image)
    {
        var host = new PackagedHost(HostContainer.Of(image)
            .WithBindMount(DebianPackage.Directory, DebianPackage.Mount, AccessMode.ReadOnly)
            .Build());
        try
        {
            await host._container.StartAsync(Token);
            var state = await HostContainer.AwaitBootAsync(host._container, Token);
            return state == "running" ? host : throw new LabException($"{image} has come up as {state}");
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _container.DisposeAsync();

    /// <summary>
    /// Installs a package. A host image has no Docker, which is the outer host's, and here is no network to fetch it by; all
    /// other dependencies must be met. Such images are also told to install no documentation.
    /// </summary>
    public Task<string> InstallAsync(string file) => RunAsync(
        "dpkg",
        "--ignore-depends=docker.io,docker-ce",
        "--path-include=/usr/share/doc/hostswap/*",
        "--path-include=/usr/share/man/man8/*",
        "--install",
        file);

    /// <summary>Runs a program, whatever its exit code.</summary>
    public Task<ExecResult> TryAsync(params string[] command) => _container.ExecAsync(command, Token);

    /// <summary>Runs a program that must succeed, and returns what it printed.</summary>
    public async Task<string> RunAsync(params string[] command)
    {
        var result = await TryAsync(command);
        return result.ExitCode == 0
            ? result.Stdout.Trim()
            : throw new LabException(
                $"{string.Join(' ', command)}: exit code {result.ExitCode}\n{result.Stdout}\n{result.Stderr}");
    }

    /// <summary>Whether a unit is enabled, in systemctl's words.</summary>
    public async Task<string> IsEnabledAsync(string unit) => (await TryAsync("systemctl", "is-enabled", unit)).Stdout.Trim();

    /// <summary>A property of a unit.</summary>
    public Task<string> PropertyAsync(string unit, string property) =>
        RunAsync("systemctl", "show", "--value", "--property", property, unit);

    /// <summary>Type, mode, owner and path of every file, but for what dpkg, systemd and logs note of themselves.</summary>
    public async Task<IReadOnlyList<string>> FilesAsync()
    {
        string[] notes = ["/var/log/", "/var/lib/dpkg/", "/var/cache/", "/var/lib/systemd/timers/"];
        return
        [
            .. DockerCli.Lines(await RunAsync("find", "/", "-xdev", "-printf", "%y %m %u %g %p\n"))
                .Where(file => !Array.Exists(notes, note => file.Contains(note, StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>The state directory with modes, times of change and checksums of contents.</summary>
    public async Task<string> StateAsync() =>
        await RunAsync("find", State, "-printf", "%y %m %u %g %T+ %p\n")
        + await RunAsync("find", State, "-type", "f", "-exec", "sha256sum", "{}", "+");
}
