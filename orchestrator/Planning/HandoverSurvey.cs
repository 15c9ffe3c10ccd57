using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Preparing;

namespace HostSwap.Orchestrator.Planning;

/// <summary>Looks which VMs' RAM could be handed over from one generation to another.</summary>
internal sealed class HandoverSurvey(OuterHostParts parts)
{
    /// <summary>Looks at every VM that runs.</summary>
    public async Task<IReadOnlyDictionary<Guid, HandoverOffer>> RunAsync(
        HostInventory inventory, (PlanSide Side, ILibvirtDomains Domains) source, PlanSide target, CancellationToken cancellationToken)
    {
        var offers = new Dictionary<Guid, HandoverOffer>();
        var from = await parts.Engine.FindContainerAsync(source.Side.Generation.ContainerName, cancellationToken);
        var lacks = WhyNotTo(target);
        foreach (var machine in inventory.VirtualMachines.Where(static machine => machine.Domain.IsActive))
        {
            if (machine.Definition is { } definition && from is not null)
                offers[machine.Domain.Uuid] = lacks is null ? await LookAsync(machine.Domain, definition, source, from, target.InitPid, cancellationToken) : No(lacks);
        }

        return offers;
    }

    private string? WhyNotTo(PlanSide target)
    {
        if (!parts.Settings.Migration.Handover)
            return $"{KnownKeys.Handover} is false";
        if (target.Image?.Labels.ContainsKey(HostImageContract.HandoverLabel) != true)
            return $"the image {target.Generation.Record.Image} has no hook for a handover";
        return target.MissingMounts is [_, ..] missing ? $"{target.Generation.Name} does not see {string.Join(" and ", missing)}" : null;
    }

    /// <summary>What its definition promises is looked for in the kernel.</summary>
    private async Task<HandoverOffer> LookAsync(
        DomainRecord domain,
        VmDefinition definition,
        (PlanSide Side, ILibvirtDomains Domains) source,
        ContainerDescription container,
        int targetInitPid,
        CancellationToken cancellationToken)
    {
        var readiness = await new HandoverReader(parts).ReadVmAsync(source.Domains, domain, source.Side.Generation, container, cancellationToken);
        if (!readiness.Ready)
            return No(readiness.Reason);
        if (parts.Kernel.PidNamespace(source.Side.InitPid) is not { } space)
            return No($"{source.Side.Generation.Name} has ended");
        var (ram, reason) = SourceRam.Look(parts.Kernel, (source.Side.Generation, source.Side.InitPid, space), targetInitPid, domain.Uuid, definition);
        if (ram is null)
            return No(reason);
        return new HandoverOffer(true, ram.Fence == HandoverFence.ImageLock
            ? "its RAM stays where it is; the lock on its disk image is the fence"
            : "its RAM stays where it is; it waits for the end of its old QEMU, since no lock on an image can be the fence");
    }

    private static HandoverOffer No(string reason) => new(false, reason);
}
