using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Diagnosis;

/// <summary>
/// Whether what was taken from VMs for their move, snapshots and checkpoints, has found its way back. What is left belongs to
/// a VM that could not be given it, or to none any more.
/// </summary>
internal static class KeptMetadataCheck
{
    /// <summary>Its stable name.</summary>
    public const string Name = "kept-metadata";

    /// <summary>Looks; changes nothing.</summary>
    public static HealthCheck Run(HostSwapPaths paths, HostStatus host)
    {
        // Until an operation has ended, it has them.
        if (host.LockHolder is not null || host.UnfinishedSwap is not null)
            return new HealthCheck(Name, HealthStatus.Ok, "not looked at before the operation has ended that may have them", "");

        List<string> owned = [], orphaned = [];
        foreach (var file in FilesIn(paths.KeptSnapshots).Concat(FilesIn(paths.KeptCheckpoints)))
        {
            if (Guid.TryParseExact(Path.GetFileNameWithoutExtension(file), "D", out var uuid) && host.VirtualMachines.FirstOrDefault(machine => machine.Uuid == uuid) is { } vm)
                owned.Add($"{file} ({vm.Name})");
            else
                orphaned.Add(file);
        }

        if (owned.Count > 0)
            return new HealthCheck(Name, HealthStatus.Warning, $"taken from VMs, and not given back: {string.Join(", ", owned)}", "Run 'hostctl resume', which tries again and says what stands in the way.");
        return orphaned.Count > 0
            ? new HealthCheck(Name, HealthStatus.Warning, $"taken from VMs that are not here any more: {string.Join(", ", orphaned)}", "Remove these files where the VMs are gone for good.")
            : new HealthCheck(Name, HealthStatus.Ok, "no snapshots or checkpoints of VMs are left over from a move", "");
    }

    private static string[] FilesIn(string directory) => Directory.Exists(directory) ? Directory.GetFiles(directory) : [];
}
