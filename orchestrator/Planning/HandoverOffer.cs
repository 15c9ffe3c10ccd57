using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Planning;

/// <summary>Whether a running VM's RAM can be handed over, and how; or why not.</summary>
/// <param name="Possible">Whether it can.</param>
/// <param name="Reason">How it is done, or why it is not.</param>
public sealed record HandoverOffer(bool Possible, string Reason)
{
    /// <summary>Looks at one VM.</summary>
    internal static HandoverOffer For(IOuterKernel kernel, PlanSide source, PlanSide target, ContainerDescription? targetContainer, Guid uuid, VmDefinition definition)
    {
        if (target.Image?.Labels.ContainsKey(HostImageContract.HandoverLabel) != true)
            return No($"the image {target.Generation.Record.Image} has no hook for it");
        if (targetContainer is null || !targetContainer.Mounts.ContainsKey(HostImageContract.Memory))
            return No($"{target.Generation.Name} was made without the shared memory mount");
        if (kernel.PidNamespace(source.InitPid) is not { } space)
            return No($"{source.Generation.Name} has ended");

        var (facts, reason) = SourceRam.Look(kernel, (source.Generation, source.InitPid, space), uuid, definition);
        if (facts is null)
            return No(reason);
        if (!File.Exists(source.Generation.Paths.QmpSocket(uuid)))
            return No("it has no monitor for it: 'hostctl vm prepare' changes that from its next cold start on");
        return new HandoverOffer(true, facts.Fence == HandoverFence.ImageLock
            ? "its RAM stays where it is; the lock on its disk image is the fence"
            : "its RAM stays where it is; it waits for the end of its old QEMU, since no image lock could be the fence");
    }

    private static HandoverOffer No(string reason) => new(false, reason);
}
