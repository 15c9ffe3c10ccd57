using HostSwap.Orchestrator.Configuration;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>What a domain's own metadata says to HostSwap; null where it says nothing.</summary>
/// <param name="Policy">What becomes of its copy where that does not converge.</param>
/// <param name="Priority">The higher, the sooner it moves.</param>
/// <param name="Group">No two VMs of one group are ever in flight together.</param>
/// <param name="Problems">What in it cannot be understood, each naming its element.</param>
public sealed record VmMetadata(ConvergencePolicy? Policy, int? Priority, string? Group, IReadOnlyList<string> Problems)
{
    /// <summary>Whether it may be moved while it runs.</summary>
    public bool? Live { get; init; }

    /// <summary>What becomes of it where it cannot, or must not.</summary>
    public NotLivePolicy? WhenNotLive { get; init; }

    /// <summary>A domain that says nothing.</summary>
    public static VmMetadata None { get; } = new(Policy: null, Priority: null, Group: null, []);
}
