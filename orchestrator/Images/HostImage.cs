using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Images;

/// <summary>A host image, and what still needs it.</summary>
/// <param name="Image">The image.</param>
/// <param name="NeededBy">What needs it, in words, as in <c>gen-2 (active)</c>; empty where it can be removed.</param>
public sealed record HostImage(StoredImage Image, IReadOnlyList<string> NeededBy);

/// <summary>A host image with what it has.</summary>
/// <param name="Image">The image, and what needs it.</param>
/// <param name="Packages">Its packages.</param>
public sealed record ImageContents(HostImage Image, IReadOnlyList<InstalledPackage> Packages);

/// <summary>What two images have of packages.</summary>
/// <param name="From">The one.</param>
/// <param name="To">The other.</param>
/// <param name="Packages">What differs, that on which security rests first.</param>
public sealed record ImageComparison(StoredImage From, StoredImage To, IReadOnlyList<PackageChange> Packages);
