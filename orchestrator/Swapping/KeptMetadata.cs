using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>What libvirt knows of VMs and does not carry itself: snapshots and checkpoints.</summary>
internal sealed class KeptMetadata(HostSwapPaths paths, IContainerEngine engine, EffectLog log)
{
    private readonly KeptMoments _snapshots = new(paths.KeptSnapshots, "snapshots", log);
    private readonly KeptMoments _checkpoints = new(paths.KeptCheckpoints, "checkpoints", log);

    /// <summary>Takes all of a VM's from a host that it is about to leave.</summary>
    public async Task TakeAsync(Generation generation, ILibvirtDomains domains, Guid uuid)
    {
        await _snapshots.TakeAsync(new SnapshotMoments(domains), uuid);
        await _checkpoints.TakeAsync(CheckpointsOf(generation, domains), uuid);
    }

    /// <summary>Gives a VM back what was taken from it, on the host that has it now.</summary>
    public async Task RestoreAsync(Generation generation, ILibvirtDomains domains, Guid uuid)
    {
        await _snapshots.RestoreAsync(new SnapshotMoments(domains), uuid);
        await _checkpoints.RestoreAsync(CheckpointsOf(generation, domains), uuid);
    }

    /// <summary>Gives all VMs of a host back what was taken from them, also where a death came before a move had begun.</summary>
    /// <returns>What could not be given back, and stays written down.</returns>
    public async Task<IReadOnlyList<string>> RestoreAllAsync(Generation generation, ILibvirtDomains domains) =>
    [
        .. await _snapshots.RestoreAllAsync(new SnapshotMoments(domains), domains),
        .. await _checkpoints.RestoreAllAsync(CheckpointsOf(generation, domains), domains),
    ];

    private VirshCheckpoints CheckpointsOf(Generation generation, ILibvirtDomains domains) =>
        new(engine, generation.ContainerName, generation.Paths.LibvirtState, domains);
}
