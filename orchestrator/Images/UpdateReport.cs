namespace HostSwap.Orchestrator.Images;

/// <summary>What would change if the host were refreshed now.</summary>
/// <param name="CheckedAt">When that was looked for.</param>
/// <param name="Image">The configured image, by name.</param>
/// <param name="ImageId">Its digest; null where there is none yet.</param>
/// <param name="ActiveImageId">The digest of the active generation's image; null where there is no generation.</param>
/// <param name="Packages">Newer packages than the configured image has.</param>
/// <param name="RecipeChanged">Whether the recipe, the overlay or the machine's APT sources are others than the image was built from.</param>
public sealed record UpdateReport(
    DateTimeOffset CheckedAt, string Image, string? ImageId, string? ActiveImageId, IReadOnlyList<PendingUpdate> Packages, bool RecipeChanged)
{
    /// <summary>Whether there is a reason to build the image anew.</summary>
    public bool NeedsBuild => ImageId is null || RecipeChanged || Packages.Count > 0;

    /// <summary>Whether the active generation has another image than the configured one.</summary>
    public bool NeedsSwap => !string.Equals(ImageId, ActiveImageId, StringComparison.Ordinal);

    /// <summary>Whether a refresh would change anything.</summary>
    public bool IsAny => NeedsBuild || NeedsSwap;

    /// <summary>How many of the packages are security updates.</summary>
    public int SecurityCount => Packages.Count(static package => package.Security);
}

/// <summary>What a build came to.</summary>
/// <param name="ImageId">Digest of the configured image.</param>
/// <param name="Made">Whether that was made just now; else it was the same already.</param>
public sealed record ImageBuild(string ImageId, bool Made);
