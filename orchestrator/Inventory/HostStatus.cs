using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>The whole outer host at one moment.</summary>
/// <param name="Initialised">Whether <c>hostctl init</c> has been run here.</param>
/// <param name="Generations">Its generations, by number.</param>
/// <param name="VirtualMachines">Every VM in every generation that answers.</param>
/// <param name="UnfinishedSwap">Number of a swap that has no terminal result.</param>
/// <param name="LockHolder">Who holds the lock now, in words.</param>
public sealed record HostStatus(
    bool Initialised,
    IReadOnlyList<GenerationStatus> Generations,
    IReadOnlyList<VmStatus> VirtualMachines,
    long? UnfinishedSwap,
    string? LockHolder)
{
    /// <summary>Who has asked that no swap begins.</summary>
    public IReadOnlyList<Hold> Holds { get; init; } = [];

    /// <summary>What there is to know about refreshes; null where the outer host is not initialised.</summary>
    public RefreshOverview? Refresh { get; init; }

    /// <summary>Release of an installed kernel that waits for a reboot, which no swap does; null where the newest one runs.</summary>
    public string? KernelAfterReboot { get; init; }
}

/// <summary>A VM as it is seen now.</summary>
public sealed record VmStatus(
    string Name,
    Guid Uuid,
    int Generation,
    DomainState State,
    bool Persistent,
    bool Autostart)
{
    /// <summary>Whether it is shut off with its RAM in a managed save image, which its next start restores.</summary>
    public bool Saved { get; init; }

    /// <summary>Whether there is a QEMU for it, running or not.</summary>
    public bool IsActive => DomainRecord.IsActiveIn(State);
}
