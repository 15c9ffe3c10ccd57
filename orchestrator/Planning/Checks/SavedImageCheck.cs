using HostSwap.Orchestrator.Carrying;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>A managed save image is carried whole and proven to be, and must be one that the other side can restore.</summary>
public sealed class SavedImageCheck : IPlanCheck
{
    private const string Remedy = "Start it, or, if what was saved may be lost, drop the image with 'virsh managedsave-remove'.";

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        var bytes = context.SavedImages.Values.Sum(static image => image.Bytes);
        foreach (var machine in context.Inventory.VirtualMachines)
        {
            if (!context.SavedImages.TryGetValue(machine.Domain.Uuid, out var image))
                continue;
            if (image.Problem is { } problem)
                yield return new Blocker("managed-save", machine.Name, $"its managed save image cannot be restored: {problem}", Remedy);
            else if (image.Format > SavedImage.LastOldFormat && context.Target.Host.LibvirtVersion < context.Source.Host.LibvirtVersion)
                yield return new Blocker("managed-save", machine.Name, $"its managed save image is in a format ({image.Format}) that libvirt {context.Target.Host.LibvirtVersion} may not know", Remedy);
            if (bytes > context.FreeStateBytes)
            {
                yield return new Blocker(
                    "managed-save",
                    machine.Name,
                    $"no room for a second copy of all managed save images: {bytes >> 20} MiB needed, {context.FreeStateBytes >> 20} MiB free in {context.Settings.Paths.State}",
                    "Free space there, or start the VMs that are saved.");
            }
        }
    }
}
