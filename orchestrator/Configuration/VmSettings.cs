using System.Net;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>What the configuration says of one VM, in <c>[vm."NAME"]</c>; null where it says nothing.</summary>
/// <param name="Policy">What becomes of its copy where that does not converge.</param>
/// <param name="Priority">The higher, the sooner it moves.</param>
/// <param name="Group">No two VMs of one group are ever in flight together.</param>
public sealed record VmSettings(ConvergencePolicy? Policy, int? Priority, string? Group)
{
    /// <summary>Where <c>hostctl display</c> keeps its display.</summary>
    public IPEndPoint? Display { get; init; }

    /// <summary>Whether it may be moved while it runs.</summary>
    public bool? Live { get; init; }

    /// <summary>What becomes of it where it cannot, or must not.</summary>
    public NotLivePolicy? WhenNotLive { get; init; }

    /// <summary>How long its guest gets to shut down.</summary>
    public TimeSpan? ShutdownDeadline { get; init; }
}
