using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Images;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl image list --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/image-list/1</c>.</param>
/// <param name="Images">The host images, the newest first.</param>
internal sealed record ImageListDocument(string Schema, IReadOnlyList<ImageDto> Images)
{
    /// <summary>Maps what is there.</summary>
    public static ImageListDocument From(IReadOnlyList<HostImage> images) => new("hostswap/image-list/1", [.. images.Select(static image => ImageDto.From(image.Image, image.NeededBy))]);
}

/// <summary><c>hostctl image diff --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/image-diff/1</c>.</param>
/// <param name="From">The one.</param>
/// <param name="To">The other.</param>
/// <param name="Same">Whether both have the same packages.</param>
/// <param name="Packages">What differs, that on which security rests first.</param>
internal sealed record ImageDiffDocument(string Schema, ImageDto From, ImageDto To, bool Same, IReadOnlyList<PackageDto> Packages)
{
    /// <summary>Maps what was found.</summary>
    public static ImageDiffDocument Of(ImageComparison comparison) => new(
        "hostswap/image-diff/1",
        ImageDto.From(comparison.From, neededBy: null),
        ImageDto.From(comparison.To, neededBy: null),
        comparison.Packages.Count == 0,
        [.. comparison.Packages.Select(PackageDto.Of)]);
}

/// <summary><c>hostctl image show --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/image-show/1</c>.</param>
/// <param name="Image">The image.</param>
/// <param name="Packages">Its packages.</param>
internal sealed record ImageShowDocument(string Schema, ImageDto Image, IReadOnlyList<InstalledPackageDto> Packages)
{
    /// <summary>Maps what was found.</summary>
    public static ImageShowDocument Of(ImageContents contents) => new(
        "hostswap/image-show/1",
        ImageDto.From(contents.Image.Image, contents.Image.NeededBy),
        [.. contents.Packages.Select(static package => new InstalledPackageDto(package.Name, package.Version, package.Architecture, package.Source))]);
}

/// <summary>A package of an image.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Architecture">Its architecture.</param>
/// <param name="Source">The source package that it was built from.</param>
internal sealed record InstalledPackageDto(string Name, string Version, string? Architecture, string? Source);

/// <summary>A host image.</summary>
/// <param name="Id">Its digest.</param>
/// <param name="Names">References by which it is known.</param>
/// <param name="CreatedAt">When it was built.</param>
/// <param name="Bytes">What it takes, shared layers included.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="NeededBy">What needs it, in words for people; only in <c>image list</c> and <c>image show</c>.</param>
internal sealed record ImageDto(
    string Id, IReadOnlyList<string> Names, DateTimeOffset CreatedAt, long Bytes, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<string>? NeededBy)
{
    /// <summary>Maps it.</summary>
    public static ImageDto From(StoredImage image, IReadOnlyList<string>? neededBy) => new(image.Id, image.Names, image.CreatedAt, image.Bytes, image.Labels, neededBy);
}
