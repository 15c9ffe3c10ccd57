using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Images;

/// <summary>An image is still needed, and was not removed.</summary>
/// <param name="reference">The image, as the operator named it.</param>
/// <param name="neededBy">What needs it.</param>
public sealed class ImageNeededException(string reference, IReadOnlyList<string> neededBy) : HostSwapException(
    $"the image {reference} is needed by {string.Join(", ", neededBy)}, and was not removed",
    "Remove it when that is gone: 'hostctl retire' removes old generations whose time has come.");
