using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Whether the outer host has room for one more move beside those in flight: memory and cores.</summary>
internal sealed class Room(SwapSession session)
{
    /// <summary>Whether it fits into what is free.</summary>
    public bool Fits(PlannedMove next, IReadOnlyCollection<PlannedMove> flying) => HasMemory(next, flying) && HasCores(next, flying);

    /// <summary>
    /// What the kernel calls available, less the reserve, less all that moves in flight may still take. What they have
    /// taken already is counted twice, since nobody tells how much of a QEMU's memory has come: too careful by at most
    /// that, and never too bold.
    /// </summary>
    public bool HasMemory(PlannedMove next, IReadOnlyCollection<PlannedMove> flying)
    {
        if (next.ExtraMemoryBytes == 0)
            return true;
        var free = session.Kernel.AvailableMemoryBytes() - (session.Settings.Migration.MemoryReserveMiB << 20) - flying.Sum(move => move.ExtraMemoryBytes);
        return next.ExtraMemoryBytes <= free;
    }

    /// <summary>Who says himself how many may move at once has counted the cores; one that would be alone always may.</summary>
    private bool HasCores(PlannedMove next, IReadOnlyCollection<PlannedMove> flying)
    {
        var taken = flying.Sum(move => move.Cores);
        return next.Cores == 0
            || taken == 0
            || session.Settings.Migration.Parallel is not null
            || taken + next.Cores <= session.Kernel.Processors;
    }
}
