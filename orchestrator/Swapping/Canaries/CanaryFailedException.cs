using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>Something was wrong with a canary: VMs are not moved in the way in which it was.</summary>
/// <param name="why">What.</param>
internal sealed class CanaryFailedException(string why) : HostSwapException(why, "VMs are copied instead; the next swap tries again.");
