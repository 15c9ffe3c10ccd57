using System.Text.Json;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Orchestrator.Images;

/// <summary>The host images of this machine. Nothing of them is ever started here.</summary>
public sealed class HostImages(OuterHostParts parts, IImageStore store)
{
    /// <summary>Label of a container that was made to read files of an image.</summary>
    private const string ReaderLabel = "hostswap.image-reader";

    /// <summary>By a name in this repository an image is kept, also from <c>docker image prune</c>.</summary>
    private const string PinPrefix = "hostswap/pinned:";

    /// <summary>The tag of a pin: so much of the digest.</summary>
    private const int PinDigits = 12;

    private const int ShortestDigest = 6;
    private const string DigestPrefix = "sha256:";

    /// <summary>All of them, the newest first, with what needs each.</summary>
    public async Task<IReadOnlyList<HostImage>> ListAsync(CancellationToken cancellationToken)
    {
        var needs = Needs();
        var configured = await parts.Engine.FindImageAsync(parts.Settings.Image, cancellationToken);
        return
        [
            .. (await store.ListImagesAsync(HostImageContract.KindLabel, HostImageContract.Kind, cancellationToken))
                .OrderByDescending(static image => image.CreatedAt).ThenBy(static image => image.Id, StringComparer.Ordinal)
                .Select(image => new HostImage(
                    image,
                    [
                        .. needs[image.Id],
                        .. string.Equals(configured?.Id, image.Id, StringComparison.Ordinal) ? new[] { "the configuration" } : [],
                        .. IsPinned(image) ? new[] { "a pin" } : [],
                    ])),
        ];
    }

    /// <summary>Compares the packages of two.</summary>
    /// <param name="from">The one; null for that of the active generation.</param>
    /// <param name="to">The other; null for the configured one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="UsageException">There is no such image, or several.</exception>
    /// <exception cref="EnvironmentException">One does not say what it has.</exception>
    public async Task<ImageComparison> CompareAsync(string? from, string? to, CancellationToken cancellationToken)
    {
        var images = await ListAsync(cancellationToken);
        var first = Find(images, from ?? parts.Generations.Active().Record.ImageId).Image;
        var second = Find(images, to ?? parts.Settings.Image).Image;
        return new ImageComparison(first, second, PackageManifest.Compare(await ReadAsync(first, cancellationToken), await ReadAsync(second, cancellationToken)));
    }

    /// <summary>Compares the packages of the images that an operation went between.</summary>
    /// <param name="detail">What the journal has of it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="UsageException">One of them is not on this machine any more.</exception>
    /// <exception cref="EnvironmentException">The generation that it went from is not known any more; or one does not say what it has.</exception>
    public async Task<ImageComparison> CompareAsync(SwapDetail detail, CancellationToken cancellationToken)
    {
        var from = parts.Journal.Generations().FirstOrDefault(record => record.Number == detail.From) ?? throw new EnvironmentException(
            $"{Generation.NameOf(detail.From)} has been removed, and with it what image it had", "Nothing is to be done.");
        return await CompareAsync(from.ImageId, detail.ImageId, cancellationToken);
    }

    /// <summary>Finds one, with what needs it and which packages it has.</summary>
    /// <exception cref="UsageException">There is no such image, or several.</exception>
    public async Task<ImageContents> ShowAsync(string reference, CancellationToken cancellationToken)
    {
        var image = Find(await ListAsync(cancellationToken), reference);
        return new ImageContents(image, await ReadAsync(image.Image, cancellationToken));
    }

    /// <summary>Keeps an image, whatever becomes of the generations that were made from it; or lets it go again.</summary>
    /// <param name="reference">Its name or digest.</param>
    /// <param name="pin">Whether it is kept.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The image.</returns>
    /// <exception cref="UsageException">There is no such image, or several; or it has no other name left.</exception>
    public async Task<StoredImage> PinAsync(string reference, bool pin, CancellationToken cancellationToken)
    {
        var image = Find(await ListAsync(cancellationToken), reference).Image;
        if (pin)
            await store.NameImageAsync(image.Id, PinOf(image), cancellationToken);
        else if (image.Names.Any(static name => !IsPin(name)))
            await store.UnnameImageAsync(PinOf(image), cancellationToken);
        else if (IsPinned(image))
            throw new UsageException($"{reference} has no name but its pin, and would be gone with it", $"Give it one with 'docker tag', or remove it with 'docker rmi {PinOf(image)}'.");
        return image;
    }

    /// <summary>
    /// Removes the images that nothing needs, beyond the newest: what a generation, an unfinished operation, the configuration or a
    /// pin needs is never touched.
    /// </summary>
    /// <returns>Those that are gone.</returns>
    public async Task<IReadOnlyList<StoredImage>> PruneAsync(CancellationToken cancellationToken)
    {
        var all = await ListAsync(cancellationToken);
        await NameByTimeAsync(all, cancellationToken);
        var mine = all.Where(image => image.Image.Names.Any(IsOurs)).ToList();
        var removed = new List<StoredImage>();
        foreach (var (image, neededBy) in mine.Skip(parts.Settings.Build.Keep))
        {
            if (neededBy.Count > 0)
                continue;
            await store.RemoveImageAsync(image, cancellationToken);
            removed.Add(image);
        }

        return removed;
    }

    /// <summary>An image whose maker was killed before it could name it would have no name any more when the next one has taken its own.</summary>
    private async Task NameByTimeAsync(IReadOnlyList<HostImage> images, CancellationToken cancellationToken)
    {
        var configured = parts.Settings.Image;
        foreach (var (image, _) in images)
        {
            if (image.Names.Contains(configured, StringComparer.Ordinal) && !image.Names.Any(name => ImageBuilder.IsDatedName(configured, name)))
                await store.NameImageAsync(image.Id, ImageBuilder.DatedName(configured, image.CreatedAt), cancellationToken);
        }
    }

    /// <summary>Those that were made here for the configured name: images of other names are other people's.</summary>
    private bool IsOurs(string name) =>
        string.Equals(name, parts.Settings.Image, StringComparison.Ordinal) || ImageBuilder.IsDatedName(parts.Settings.Image, name);

    private static bool IsPin(string name) => name.StartsWith(PinPrefix, StringComparison.Ordinal);

    private static bool IsPinned(StoredImage image) => image.Names.Any(IsPin);

    private static string PinOf(StoredImage image) => PinPrefix + image.Id[DigestPrefix.Length..][..PinDigits];

    /// <summary>Removes one, and sees that it is gone.</summary>
    /// <param name="reference">Its name or digest.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What was removed.</returns>
    /// <exception cref="ImageNeededException">Something needs it.</exception>
    public async Task<StoredImage> RemoveAsync(string reference, CancellationToken cancellationToken)
    {
        var (image, neededBy) = Find(await ListAsync(cancellationToken), reference);
        if (neededBy.Count > 0)
            throw new ImageNeededException(reference, neededBy);
        await store.RemoveImageAsync(image, cancellationToken);
        return await parts.Engine.FindImageAsync(image.Id, cancellationToken) is null
            ? image
            : throw new AdapterException("docker", $"remove image {reference}", "it is there still");
    }

    private async Task<IReadOnlyList<InstalledPackage>> ReadAsync(StoredImage image, CancellationToken cancellationToken)
    {
        var text = await store.ReadTextAsync(
            image.Id, HostImageContract.PackageManifest, PackageManifest.LargestManifest, new(ReaderLabel, parts.Settings.Paths.Instance), cancellationToken);
        return PackageManifest.Parse(text) ?? throw new EnvironmentException(
            $"which packages the image {NameOf(image)} has cannot be said: it has no list of them ({HostImageContract.PackageManifest}) that can be read",
            "Build it anew from images/host.");
    }

    /// <summary>By digest: what generations were made from, and what an unfinished operation goes to.</summary>
    private ILookup<string, string> Needs() => parts.Generations.All()
        .Select(static generation => (generation.Record.ImageId, Words: $"{generation.Name} ({JsonNamingPolicy.CamelCase.ConvertName(generation.Role.ToString())})"))
        .Concat(parts.Journal.UnfinishedOperations().Select(static operation => (SwapDetail.Parse(operation.DetailJson).ImageId, Words: $"operation {operation.Id}, which is unfinished")))
        .ToLookup(static need => need.ImageId, static need => need.Words, StringComparer.Ordinal);

    /// <summary>By name, digest, or what a digest begins with.</summary>
    private static HostImage Find(IReadOnlyList<HostImage> images, string reference)
    {
        var digest = reference.StartsWith(DigestPrefix, StringComparison.Ordinal) ? reference[DigestPrefix.Length..] : reference;
        var found = images.Where(image => image.Image.Names.Contains(reference, StringComparer.Ordinal)).ToList();
        if (found.Count == 0 && digest.Length >= ShortestDigest)
            found = [.. images.Where(image => image.Image.Id.StartsWith(DigestPrefix + digest, StringComparison.Ordinal))];
        return found switch
        {
            [var one] => one,
            [] => throw new UsageException($"there is no host image {reference} on this machine", "'hostctl image list' shows those that there are."),
            _ => throw new UsageException($"{found.Count} host images are meant by {reference}", "Write more of the digest."),
        };
    }

    private static string NameOf(StoredImage image) => image.Names is [var name, ..] ? name : image.Id;
}
