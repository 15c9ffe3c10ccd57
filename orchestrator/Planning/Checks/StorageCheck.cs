using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>Every file that a VM opens must be the very same file on the other side.</summary>
public sealed class StorageCheck : IPlanCheck
{
    private const string Fix =
        "Put it below a directory of storage.shared in the configuration, which every generation sees at the same path "
        + "(a generation sees a newly added directory once it has been swapped to).";

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (machine, definition) in context.Readable())
        {
            foreach (var disk in definition.Disks)
            {
                if (disk.Type is "vhostuser" or "nvme")
                    yield return new Blocker("storage", machine.Name, $"its disk {disk.Target} is of type {disk.Type}, which cannot move live", "Detach it for the swap.");
                if (disk.Pool is { } pool && !context.Inventory.StoragePools.Any(item => string.Equals(item.Name, pool, StringComparison.Ordinal)))
                    yield return new Blocker("storage", machine.Name, $"its disk {disk.Target} is in the storage pool {pool}, which is not defined", "Define the pool.");
            }

            var paths = definition.Disks.SelectMany(disk => disk.Paths)
                .Concat(definition.OtherFiles)
                .Concat(definition.SharedDirectories)
                .Distinct(StringComparer.Ordinal);
            foreach (var path in paths)
            {
                if (Problem(context, path, IsFirmware(definition, path)) is { } problem)
                    yield return new Blocker("storage", machine.Name, problem, Fix);
            }
        }
    }

    /// <summary>Firmware is part of the image: it must exist there, and is expected to be another file.</summary>
    private static bool IsFirmware(VmDefinition definition, string path) =>
        path.StartsWith("/usr/share/", StringComparison.Ordinal) && definition.OtherFiles.Contains(path, StringComparer.Ordinal);

    private static string? Problem(PlanContext context, string path, bool firmware)
    {
        var there = context.Kernel.Look(context.Target.InitPid, path);
        if (there is null)
            return $"{path} does not exist in {context.Target.Generation.Name}";

        var here = context.Kernel.Look(context.Source.InitPid, path);
        if (here is null)
            return $"{path} does not exist in {context.Source.Generation.Name} any more";

        // Block devices may have their own node on each side; the device behind it is compared by libvirt and QEMU.
        const uint TypeMask = 0xf000;
        const uint BlockDevice = 0x6000;
        var device = (here.Mode & TypeMask) == BlockDevice && (there.Mode & TypeMask) == BlockDevice;
        return firmware || device || here.IsSameFileAs(there)
            ? null
            : $"{path} is another file in {context.Target.Generation.Name} than in {context.Source.Generation.Name}";
    }
}
