namespace HostSwap.Orchestrator.Swapping;

/// <summary>What is done with the VMs when a move fails for good.</summary>
public enum FailurePolicy
{
    /// <summary>No further move begins; every VM stays where it is.</summary>
    Stop,

    /// <summary>Everything returns to the old side.</summary>
    Rollback,

    /// <summary>The VM is left where it is, in quarantine; the others go on. The old generation is kept for it.</summary>
    Continue,
}

/// <summary>What a swap is asked for.</summary>
/// <param name="Image">The new image; null for the configured one.</param>
/// <param name="Force">Swap even to the image that is active already.</param>
/// <param name="OnFailure">What is done when a VM cannot be moved.</param>
public sealed record SwapRequest(string? Image, bool Force, FailurePolicy OnFailure = FailurePolicy.Stop);

/// <summary>What a resumption is asked for.</summary>
/// <param name="Course">To the newer generation or to the older one, whichever way the interrupted operation went; null for its own way.</param>
/// <param name="OnFailure">What is done when a VM cannot be moved.</param>
/// <param name="TakeOver">Take the place of a living hostctl that does not go on, such as a stopped one.</param>
public sealed record ResumeRequest(SwapCourse? Course, FailurePolicy OnFailure = FailurePolicy.Stop, bool TakeOver = false);
