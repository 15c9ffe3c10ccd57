using System.Globalization;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>
/// A job that runs on a VM. While one does, libvirt migrates it not ("domain has active block job", qemuMigrationSrcIsAllowed;
/// of jobs of the whole domain it allows one at a time).
/// </summary>
/// <param name="What">What it is and what it works on, as in <c>a block copy of its disk vda</c>.</param>
/// <param name="Progress">How far it is, as in <c> (12 %)</c>; empty where that is not known.</param>
/// <param name="Fix">How a person ends it.</param>
public sealed record RunningJob(string What, string Progress, string Fix)
{
    /// <summary>The whole of it.</summary>
    public string InWords => What + Progress;

    /// <summary>Those that run on a VM, by kind and name; none on one that is shut off.</summary>
    public static IEnumerable<RunningJob> Of(VirtualMachine machine)
    {
        var whole = machine.Job is { Runs: true } running ? running : null;
        if (whole is not null)
            yield return new RunningJob(InWordsOf(whole.Operation), Progress: "", "Wait for it to end (--wait-jobs does), or end it with 'virsh domjobabort'.");

        var mirrors = machine.Definition?.Mirrors ?? [];
        foreach (var disk in machine.BlockJobs.Keys.Union(mirrors.Select(static mirror => mirror.Disk), StringComparer.Ordinal))
        {
            var job = machine.BlockJobs.GetValueOrDefault(disk);
            // A backup is one job of the domain and one of each of its disks.
            if (job is { Kind: BlockJobKind.Backup } && whole is { Operation: DomainJobOperation.Backup })
                continue;
            yield return mirrors.Any(mirror => mirror.Ready && string.Equals(mirror.Disk, disk, StringComparison.Ordinal))
                ? new RunningJob(
                    $"{InWordsOf(job?.Kind)} of its disk {disk}, which is complete and goes on until somebody ends it",
                    Progress: "",
                    $"End it with 'virsh blockjob {disk} --pivot' or '--abort'.")
                : new RunningJob(
                    $"{InWordsOf(job?.Kind)} of its disk {disk}",
                    ProgressOf(job),
                    $"Wait for it to end (--wait-jobs does), or end it with 'virsh blockjob {disk} --abort'.");
        }
    }

    private static string InWordsOf(DomainJobOperation operation) => operation switch
    {
        DomainJobOperation.Start => "its start",
        DomainJobOperation.Save => "a save of it to a file",
        DomainJobOperation.Restore => "its restoration from a file",
        DomainJobOperation.MigrationIn => "a migration to this host",
        DomainJobOperation.MigrationOut => "a migration",
        DomainJobOperation.Snapshot => "a snapshot",
        DomainJobOperation.SnapshotRevert => "the return to a snapshot",
        DomainJobOperation.Dump => "a dump of its memory",
        DomainJobOperation.Backup => "a backup",
        DomainJobOperation.SnapshotDelete => "the deletion of a snapshot",
        _ => "an operation that libvirt does not name",
    };

    private static string InWordsOf(BlockJobKind? kind) => kind switch
    {
        BlockJobKind.Pull => "a block pull",
        BlockJobKind.Copy => "a block copy",
        BlockJobKind.Commit or BlockJobKind.ActiveCommit => "a block commit",
        BlockJobKind.Backup => "a backup",
        _ => "a copy or commit",
    };

    private static string ProgressOf(BlockJob? job) => job is { Total: > 0 }
        ? string.Create(CultureInfo.InvariantCulture, $" ({job.Done * 100.0 / job.Total:0} %)")
        : "";
}
