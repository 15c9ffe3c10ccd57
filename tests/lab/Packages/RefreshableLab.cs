using HostSwap.Lab.Hosts;

namespace HostSwap.Lab.Packages;

/// <summary>
/// An outer host that builds its own images, with a package in them that comes from a repository of the lab: publishing a newer
/// version there is all that has to happen for a refresh to have something to do.
/// </summary>
public sealed class RefreshableLab : IAsyncDisposable
{
    /// <summary>The package.</summary>
    public const string Package = "hostswap-lab-agent";

    /// <summary>The file that it has, whose text is its version.</summary>
    public const string PackageFile = "/usr/share/hostswap-lab-agent/version";

    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(10);

    private readonly AptRepository _repository;

    private RefreshableLab(OuterHostLab host, AptRepository repository, string image) => (Host, _repository, Image) = (host, repository, image);

    /// <summary>The outer host.</summary>
    public OuterHostLab Host { get; }

    /// <summary>Its image.</summary>
    public string Image { get; }

    /// <summary>Directory of the operator's overlay.</summary>
    public string Overlay => Path.Join(Host.Root, "overlay");

    /// <summary>Makes it, builds its image with the package's version 1.0, and brings gen-1 up from it.</summary>
    public static async Task<RefreshableLab> StartAsync(LabOptions options, string suite, CancellationToken cancellationToken)
    {
        var lab = await OuterHostLab.CreateAsync(options with { OwnImage = suite }, cancellationToken);
        var made = new RefreshableLab(lab, AptRepository.Start(Path.Join(lab.Root, "repository")), $"{lab.Network}/host:{suite}");
        try
        {
            await made.PublishAsync("1.0", cancellationToken);
            Directory.CreateDirectory(Path.Join(made.Overlay, "apt"));
            await File.WriteAllTextAsync(Path.Join(made.Overlay, "apt/lab.list"), made._repository.Source, cancellationToken);
            await File.WriteAllTextAsync(Path.Join(made.Overlay, "packages"), $"# what a lab wants\n{Package}\n", cancellationToken);
            (await lab.Hostctl.RunAsync(["init"], cancellationToken)).Succeeded();
            (await lab.Hostctl.RunAsync(["image", "build"], cancellationToken, BuildLimit)).Succeeded();
            (await lab.Hostctl.RunAsync(["start"], cancellationToken)).Succeeded();
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>Publishes a version of the package.</summary>
    public Task PublishAsync(string version, CancellationToken cancellationToken) =>
        _repository.PublishAsync(Package, version, PackageFile, version + "\n", cancellationToken);

    /// <summary>Runs a refresh to its end, whatever its exit code.</summary>
    public Task<Processes.CommandResult> RefreshAsync(CancellationToken cancellationToken, params IReadOnlyList<string> options) =>
        Host.Hostctl.RunAsync(["refresh", .. options], cancellationToken, BuildLimit);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The repository is in the lab's root, which goes with it.
        await _repository.DisposeAsync();
        await Host.DisposeAsync();
    }
}
