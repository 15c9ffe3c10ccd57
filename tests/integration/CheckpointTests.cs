using System.Xml.Linq;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>VMs with checkpoints move, and a backup of what has changed since one is right on the other side.</summary>
public sealed class CheckpointTests
{
    private static readonly TimeSpan BackupLimit = TimeSpan.FromSeconds(60);
    private static readonly GuestSpec Db = new("db") { Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 64 };
    private static readonly GuestSpec Spare = new("spare") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Repository.Bookworm, Repository.Trixie)]
    [InlineData(Repository.Trixie, Repository.Bookworm)]
    public async Task Checkpoints_come_along_and_backups_go_on_from_them(string from, string to)
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "checkpoints", Image = from }, Token);
        var source = await lab.GenerationAsync(1, Token);
        var guests = await lab.AddGuestsAsync(source, [Db, Spare], Token);
        var (db, spare) = (guests[0], guests[1]);
        var full = await BackUpAsync(lab, source, db, since: null, makes: "root.base");
        await source.VirshAsync(["checkpoint-create-as", db.Uuid, "child.two"], Token);
        await source.VirshAsync(["start", spare.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(spare, 2, Token);
        var spareFull = await BackUpAsync(lab, source, spare, since: null, makes: "first");
        await source.VirshAsync(["destroy", spare.Uuid, "--graceful"], Token);

        await using (var witness = Witness.Start(lab.Guests))
        {
            var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--force", "--image", to], Token);

            swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
            await Oracle.EveryGuestLivesOnAsync(lab, Token);
            await Oracle.NobodyRanTwiceAsync(witness);
        }

        var target = await lab.GenerationAsync(2, Token);
        (await NamesAsync(target, db)).ShouldBe(["root.base", "child.two"]);
        (await target.VirshAsync(["checkpoint-parent", db.Uuid, "child.two"], Token)).Trim().ShouldBe("root.base");
        (await NamesAsync(target, spare)).ShouldBe(["first"]);
        var directory = lab.Paths.KeptCheckpoints;
        (Directory.Exists(directory) ? Directory.GetFiles(directory) : []).ShouldBeEmpty();
        var diff = HostctlDocuments.Read<DiffView>((await lab.Hostctl.RunAsync(["diff", "--format", "json"], Token)).Output);
        diff.Differences.Where(static difference => difference.Kind is not "extra").ShouldBeEmpty();

        await IncrementIsRightAsync(lab, target, db, full, "root.base");
        await target.VirshAsync(["start", spare.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(spare, 2, Token);
        await IncrementIsRightAsync(lab, target, spare, spareFull, "first");
        await target.VirshAsync(["checkpoint-delete", db.Uuid, "root.base"], Token);
        (await NamesAsync(target, db)).ShouldBe(["child.two"]);
        var lost = HostctlDocuments.Read<DiffView>((await lab.Hostctl.RunAsync(["diff", "--format", "json"], Token)).Output);
        lost.Differences.ShouldContain(static difference => difference.Subject == "VM db" && difference.What.Contains("checkpoints", StringComparison.Ordinal));
    }

    /// <summary>The full backup of before the swap and the increment of after it make up the disk as it is.</summary>
    private static async Task IncrementIsRightAsync(OuterHostLab lab, Generation generation, Guest guest, string full, string since)
    {
        await generation.VirshAsync(["suspend", guest.Uuid], Token);
        var increment = await BackUpAsync(lab, generation, guest, since, makes: null);
        await generation.RunAsync(["qemu-img", "rebase", "-q", "-u", "-f", "qcow2", "-b", full, "-F", "qcow2", increment], Token);
        await generation.RunAsync(["qemu-img", "compare", "-U", guest.DiskPath!, increment], Token);
        var stale = await generation.TryAsync(["qemu-img", "compare", "-U", guest.DiskPath!, full], Token);
        stale.ExitCode.ShouldBe(1, "its disk must have changed since the full backup, or this shows nothing");
    }

    private static async Task<string> BackUpAsync(OuterHostLab lab, Generation generation, Guest guest, string? since, string? makes)
    {
        var place = Path.Join(lab.GuestDirectory, $"{guest.Name}-{(since is null ? "full" : "increment")}.qcow2");
        var disk = new XElement("disk", new XAttribute("name", "vda"), new XAttribute("backup", "yes"), new XAttribute("type", "file"), new XElement("driver", new XAttribute("type", "qcow2")), new XElement("target", new XAttribute("file", place)));
        var backup = new XElement("domainbackup", new XAttribute("mode", "push"), since is null ? null : new XElement("incremental", since), new XElement("disks", disk));
        List<string> command = ["backup-begin", guest.Uuid, "/dev/stdin"];
        if (makes is not null)
        {
            var file = Path.Join(lab.GuestDirectory, $"{guest.Name}-checkpoint.xml");
            await File.WriteAllTextAsync(file, new XElement("domaincheckpoint", new XElement("name", makes)).ToString(), Token);
            command.Add(file);
        }

        await generation.VirshAsync(command, Token, backup.ToString());
        await Poll.UntilAsync(
            $"the backup of {guest.Name}",
            BackupLimit,
            async token => (await generation.VirshAsync(["domjobinfo", guest.Uuid], token)).Contains("None", StringComparison.Ordinal),
            static () => "its job goes on",
            Token);
        (await generation.VirshAsync(["domjobinfo", guest.Uuid, "--completed"], Token)).ShouldContain("Backup");
        return place;
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(Generation generation, Guest guest) =>
        DockerCli.Lines(await generation.VirshAsync(["checkpoint-list", guest.Uuid, "--name", "--topological"], Token));
}
