using System.Globalization;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Images;

/// <summary>
/// Looks for updates of the configured image, and builds it. An image is built anew only where something is newer than it: no
/// update means the same digest.
/// </summary>
public sealed class ImageBuilder(OuterHostParts parts, IImageStore store, ImageRecipe recipe)
{
    /// <summary>Label of a container in which APT is asked.</summary>
    private const string CheckLabel = "hostswap.update-check";

    private const string Date = "yyyyMMdd-HHmm";

    private static readonly TimeSpan CheckLimit = TimeSpan.FromMinutes(5);

    /// <summary>APT in the image itself is asked, with the sources that the image has; nothing is installed.</summary>
    private static readonly IReadOnlyList<IReadOnlyList<string>> Questions =
    [
        ["apt-get", "update", "--quiet=2", "--error-on=any"],
        ["apt-get", "dist-upgrade", "--simulate", "--quiet=2"],
    ];

    /// <summary>Looks for updates.</summary>
    /// <exception cref="EnvironmentException">APT reaches no mirror, or there is no recipe.</exception>
    public async Task<UpdateReport> CheckAsync(CancellationToken cancellationToken)
    {
        var inputs = await recipe.InputsAsync(cancellationToken);
        var image = await parts.Engine.FindImageAsync(parts.Settings.Image, cancellationToken);
        return new UpdateReport(
            parts.Time.GetUtcNow(),
            parts.Settings.Image,
            image?.Id,
            parts.Generations.FindActive()?.Record.ImageId,
            image is null ? [] : await AskAptAsync(image.Id, cancellationToken),
            image is not null && !string.Equals(image.Labels.GetValueOrDefault(ImageRecipe.InputsLabel), inputs, StringComparison.Ordinal));
    }

    /// <summary>Builds the configured image where that is needed, sees that it is whole, and names it by its time as well.</summary>
    /// <param name="updates">What was found.</param>
    /// <param name="say">Is told how far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="EnvironmentException">It failed; the image is as it was.</exception>
    public async Task<ImageBuild> BuildAsync(UpdateReport updates, Action<string> say, CancellationToken cancellationToken)
    {
        if (!updates.NeedsBuild)
            return new ImageBuild(updates.ImageId!, Made: false);
        await recipe.BuildAsync(say, cancellationToken);
        var built = await parts.Engine.FindImageAsync(parts.Settings.Image, cancellationToken)
            ?? throw new EnvironmentException($"there is no image {parts.Settings.Image} after it was built", "Look into 'docker image list'.");
        if (string.Equals(built.Id, updates.ImageId, StringComparison.Ordinal))
            return new ImageBuild(built.Id, Made: false);
        await RequireWholeAsync(built, cancellationToken);
        await store.NameImageAsync(built.Id, DatedName(parts.Settings.Image, parts.Time.GetUtcNow()), cancellationToken);
        return new ImageBuild(built.Id, Made: true);
    }

    /// <summary>The name by which an image is known when the next one has taken its own: <c>hostswap/host:trixie-20261129-0203</c>.</summary>
    internal static string DatedName(string reference, DateTimeOffset builtAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{Undated(reference)}{builtAt.UtcDateTime.ToString(Date, CultureInfo.InvariantCulture)}");

    /// <summary>Whether a name is such a one of that image.</summary>
    internal static bool IsDatedName(string reference, string name) =>
        name.StartsWith(Undated(reference), StringComparison.Ordinal)
        && DateTime.TryParseExact(name[Undated(reference).Length..], Date, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static string Undated(string reference) => reference + (reference.LastIndexOf(':') > reference.LastIndexOf('/') ? "-" : ":");

    private async Task<IReadOnlyList<PendingUpdate>> AskAptAsync(string image, CancellationToken cancellationToken)
    {
        var answers = await store.RunAsync(image, Questions, CheckLimit, new(CheckLabel, parts.Settings.Paths.Instance), cancellationToken);
        return answers is [.., { ExitCode: 0 } simulated] && answers.Count == Questions.Count
            ? AptSimulation.Parse(simulated.Output)
            : throw new EnvironmentException(
                $"APT in the image {parts.Settings.Image} cannot say what is newer: {answers[^1].Error.Trim()} {answers[^1].Output.Trim()}".TrimEnd(),
                "See that this machine reaches the mirrors of its own apt, and that a new image, made with 'hostctl image build', has the same.");
    }

    private async Task RequireWholeAsync(ImageDescription built, CancellationToken cancellationToken)
    {
        var manifest = await store.ReadTextAsync(
            built.Id, HostImageContract.PackageManifest, PackageManifest.LargestManifest, new(CheckLabel, parts.Settings.Paths.Instance), cancellationToken);
        if (!string.Equals(built.Labels.GetValueOrDefault(HostImageContract.KindLabel), HostImageContract.Kind, StringComparison.Ordinal) || PackageManifest.Parse(manifest) is null)
            throw new EnvironmentException($"the image {parts.Settings.Image} was built and is no host image: its label or its list of packages is missing", "See that the overlay's scripts leave /usr/share/hostswap alone.");
    }
}
