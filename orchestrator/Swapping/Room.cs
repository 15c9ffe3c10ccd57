using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Whether the outer host has room for one more move beside those in flight: memory, and cores that send.</summary>
internal sealed class Room(SwapSession session)
{
    /// <summary>One thread on each side keeps a core busy for each connection.</summary>
    private int CoresPerCopy => 2 * session.Settings.Migration.ParallelConnections;

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

    /// <summary>Who says himself how many may move at once has counted the cores; one that sends alone always may.</summary>
    private bool HasCores(PlannedMove next, IReadOnlyCollection<PlannedMove> flying)
    {
        var sending = flying.Count(move => move.TakesCores);
        return !next.TakesCores
            || sending == 0
            || session.Settings.Migration.Parallel is not null
            || (sending + 1) * CoresPerCopy <= session.Kernel.Processors;
    }
}
