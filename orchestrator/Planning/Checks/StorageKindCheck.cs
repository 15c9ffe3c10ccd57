using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// Kinds of storage with which libvirt or QEMU migrates no VM that runs. Of one that is shut off only the definition is
/// carried over, with whatever storage.
/// </summary>
public sealed class StorageKindCheck : IPlanCheck
{
    /// <summary>What libvirt starts where the definition names no program, as virtiofsd's own <c>50-virtiofsd.json</c> says.</summary>
    private const string DefaultVirtiofsd = "/usr/libexec/virtiofsd";

    /// <summary>
    /// The first libvirt that moves a VM with a virtiofsd that it has started, where that can hand over what the guest has open
    /// (feature <c>migrate-precopy</c>: virtiofsd since 1.11): qemuMigrationSrcIsAllowed refuses before.
    /// </summary>
    private static readonly Version VirtiofsSince = new(10, 10);

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (machine, definition) in context.Readable())
        {
            foreach (var blocker in definition.Disks.Select(disk => OfPool(context, machine, disk)).OfType<Blocker>())
                yield return blocker;
            if (!machine.Domain.IsActive)
                continue;
            foreach (var disk in definition.Disks)
            {
                if (WhyNot(disk) is { } why)
                    yield return new Blocker("storage", machine.Name, $"its disk {disk.Target} {why}", "Detach it for the swap, or shut the VM down.") { AnsweredBy = NotLiveMethods.Restart };
            }

            foreach (var share in definition.Filesystems)
            {
                if (WhyNot(share, context) is { } why)
                    yield return new Blocker("filesystem", machine.Name, $"its shared directory {share.Target} {why}", "Unmount and detach it for the swap, or shut the VM down.") { AnsweredBy = NotLiveMethods.Restart };
            }
        }
    }

    /// <summary>The other side's libvirt looks a volume up when the VM arrives, which it can in an active pool alone.</summary>
    private static Blocker? OfPool(PlanContext context, VirtualMachine machine, DiskDefinition disk)
    {
        if (disk.Pool is not { } name)
            return null;
        var pool = context.Inventory.StoragePools.FirstOrDefault(item => string.Equals(item.Name, name, StringComparison.Ordinal));
        return (pool, machine.Domain.IsActive) switch
        {
            (null, _) => new Blocker("storage", machine.Name, $"its disk {disk.Target} is in the storage pool {name}, which is not defined", "Define the pool."),
            ({ Persistent: false }, _) => new Blocker("storage", machine.Name, $"its disk {disk.Target} is in the storage pool {name}, which is transient and cannot be carried over", "Define the pool persistently with 'virsh pool-define'."),
            ({ Active: false }, true) => new Blocker("storage", machine.Name, $"its disk {disk.Target} is in the storage pool {name}, which is not active", "Start it with 'virsh pool-start'."),
            _ => null,
        };
    }

    /// <summary>
    /// libvirt: "migration with transient disk is not supported" (qemuMigrationSrcIsAllowed); the others are processes and
    /// drivers of one generation.
    /// </summary>
    private static string? WhyNot(DiskDefinition disk) => disk switch
    {
        { Type: "vhostuser" or "nvme" or "vhostvdpa" } => $"is of type {disk.Type}, which cannot move live",
        { Type: "dir", ReadOnly: false } => "is a directory that the guest writes to (type dir), which QEMU does not migrate",
        { Transient: true } => "is transient: what the guest has written to it is in a file of this generation that libvirt throws away, and it does not migrate such a VM",
        _ => null,
    };

    /// <summary>
    /// Of QEMU's own (9p) only one that is not mounted moves ("Migration is disabled when VirtFS export path is mounted"), which
    /// the guest alone knows.
    /// </summary>
    private static string? WhyNot(FilesystemDefinition share, PlanContext context)
    {
        if (share.Driver is not "virtiofs")
            return $"is QEMU's own (9p, driver {share.Driver}), which moves only while the guest has not mounted it, and that cannot be seen from outside";
        if (share.Socket is { } socket)
            return $"is served on {socket} by a virtiofsd of somebody else's, which stays where it is";
        foreach (var side in new[] { context.Source, context.Target })
        {
            if (side.Host.LibvirtVersion < VirtiofsSince)
                return $"is served by virtiofsd, which libvirt {side.Host.LibvirtVersion} of {side.Generation.Name} does not migrate ({VirtiofsSince} does)";
        }

        var program = share.Program ?? DefaultVirtiofsd;
        return context.Kernel.Look(context.Target.InitPid, program) is null
            ? $"is served by {program}, which {context.Target.Generation.Name} does not have"
            : null;
    }
}
