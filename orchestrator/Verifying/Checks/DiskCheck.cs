using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Verifying.Checks;

/// <summary>
/// Whether a VM can write to its disks: its QEMU has each image open to read and write, may open it again (as a
/// snapshot or block job does), and met no I/O error.
/// </summary>
internal sealed class DiskCheck(IOuterKernel kernel)
{
    /// <summary>Name of the check that disks are open and without errors.</summary>
    public const string Name = "disks";

    /// <summary>Name of the check that images can be opened again.</summary>
    public const string OwnerName = "disk-owner";

    /// <summary>Looks at every writable disk that is a file or block device.</summary>
    public async Task<IReadOnlyList<HealthCheck>> RunAsync(
        LiveGeneration place, DomainRecord domain, VmDefinition definition, CancellationToken cancellationToken)
    {
        var qemus = place.QemusOf(domain.Uuid, kernel);
        var open = qemus.SelectMany(kernel.OpenFiles).ToList();
        var problems = new List<HealthCheck>();
        var seen = new List<string>();
        foreach (var disk in definition.Disks.Where(disk => disk is { ReadOnly: false, Transient: false, Type: "file" or "block", Paths.Count: > 0 }))
        {
            if (Problem(place, domain, disk, open) is { } problem)
                problems.Add(VmCheck.Make(Name, domain, HealthStatus.Error, problem, $"Look into /var/log/libvirt/qemu of {place.Generation.Name}; the guest cannot keep what it writes there."));
            else
                seen.Add(disk.Target);
            problems.AddRange(qemus.Select(pid => OwnerProblem(place, domain, disk, pid)).OfType<HealthCheck>());
        }

        foreach (var error in (await place.Libvirt.Domains.GetDiskErrorsAsync(domain.Uuid, cancellationToken)).Where(error => error.Kind != DiskErrorKind.None))
        {
            problems.Add(VmCheck.Make(
                Name,
                domain,
                HealthStatus.Error,
                error.Kind == DiskErrorKind.NoSpace ? $"no space is left for its disk {error.Target}" : $"an I/O error on its disk {error.Target}",
                "Mend the storage, then 'hostctl exec virsh resume' it."));
        }

        return problems.Count > 0 || seen.Count == 0
            ? problems
            : [VmCheck.Ok(Name, domain, $"{string.Join(", ", seen)} {(VmCheck.Executes(domain) ? "can be written" : "open")}")];
    }

    private string? Problem(LiveGeneration place, DomainRecord domain, DiskDefinition disk, List<OpenFile> open)
    {
        if (kernel.Look(place.InitPid, disk.Paths[0]) is not { } image)
            return $"the image of its disk {disk.Target} is gone: {disk.Paths[0]}";

        var handles = open.Where(file => file.File.IsSameStorageAs(image)).ToList();
        if (handles.Count == 0)
            return $"its QEMU has not opened its disk {disk.Target}, {disk.Paths[0]}";

        // One that arrived paused takes its images over, and opens them to write, when it goes on.
        return handles.Any(file => file.Writable) || !VmCheck.Executes(domain)
            ? null
            : $"its QEMU cannot write to its disk {disk.Target}, {disk.Paths[0]}";
    }

    /// <summary>libvirt relabels nodes of block devices in a <c>/dev</c> that only that QEMU sees, so files alone can be judged.</summary>
    private HealthCheck? OwnerProblem(LiveGeneration place, DomainRecord domain, DiskDefinition disk, int pid)
    {
        if (disk.Type is not "file" || kernel.Look(place.InitPid, disk.Paths[0]) is not { } image || kernel.UserOf(pid) is not { } qemu || qemu.MayWrite(image))
            return null;

        return VmCheck.Make(
            OwnerName,
            domain,
            HealthStatus.Error,
            $"{disk.Paths[0]} belongs to {image.Owner}, and its QEMU, which runs as user {qemu.User}, could not open it again",
            $"Give it back: 'hostctl exec chown {qemu.User} {disk.Paths[0]}'.");
    }
}
