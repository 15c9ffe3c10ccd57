namespace HostSwap.Orchestrator.Handover;

/// <summary>What makes sure that the old QEMU of a VM never executes again once the new one has: both have one RAM.</summary>
public enum HandoverFence
{
    /// <summary>
    /// The VM writes to an image whose lock both QEMUs honour: once the new one has it, the kernel refuses it to the old
    /// one, whose <c>cont</c> then fails.
    /// </summary>
    ImageLock,

    /// <summary>The VM arrives paused, and goes on once the old QEMU's process is seen to have ended.</summary>
    SourceEnded,
}
