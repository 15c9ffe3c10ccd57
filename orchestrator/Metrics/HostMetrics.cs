using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Preparing;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Orchestrator.Metrics;

/// <summary>What metrics are made from: everything at one moment.</summary>
public sealed record HostMetrics
{
    /// <summary>The version of this program.</summary>
    public required string Version { get; init; }

    /// <summary>Generations and VMs; null where Docker, or a generation, could not be asked.</summary>
    public HostStatus? Status { get; init; }

    /// <summary>Which VMs can be handed over; those that do not answer are left out.</summary>
    public IReadOnlyDictionary<VmPlace, HandoverReadiness> Handover { get; init; } = new Dictionary<VmPlace, HandoverReadiness>();

    /// <summary>Who holds swaps.</summary>
    public IReadOnlyList<Hold> Holds { get; init; } = [];

    /// <summary>How many notices wait to be delivered.</summary>
    public int WaitingNotices { get; init; }

    /// <summary>Recorded operations, newest first.</summary>
    public IReadOnlyList<Operation> Operations { get; init; } = [];

    /// <summary>The moves of those.</summary>
    public IReadOnlyList<MoveRecord> Moves { get; init; } = [];

    /// <summary>What refreshes have come to, newest first.</summary>
    public IReadOnlyList<RefreshRecord> Refreshes { get; init; } = [];
}
