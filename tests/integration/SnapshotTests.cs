using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>VMs with snapshots move live, and have them afterwards: none is lost, and reverting and deleting work.</summary>
public sealed class SnapshotTests
{
    private static readonly GuestSpec Db = new("db") { Disk = DiskFormat.Qcow2, DiskMiB = 512, Autostart = true };
    private static readonly GuestSpec Spare = new("spare") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Repository.Bookworm, Repository.Trixie)]
    [InlineData(Repository.Trixie, Repository.Bookworm)]
    [InlineData(Repository.Trixie, Repository.Trixie)]
    public async Task Snapshots_come_along_and_can_be_used(string from, string to)
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "snapshots", Image = from }, Token);
        var (db, spare) = await AddAsync(lab);
        await using (var witness = Witness.Start(lab.Guests))
        {
            var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--force", "--image", to], Token);

            swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
            await Oracle.EveryGuestLivesOnAsync(lab, Token);
            await Oracle.NobodyRanTwiceAsync(witness);
        }

        var target = await lab.GenerationAsync(2, Token);
        await HasAllAsync(target, db, spare);
        var diff = HostctlDocuments.Read<DiffView>((await lab.Hostctl.RunAsync(["diff", "--format", "json"], Token)).Output);
        diff.Differences.Where(static difference => difference.Kind is not "extra").ShouldBeEmpty();
        NothingIsKept(lab);

        await target.VirshAsync(["snapshot-revert", spare.Uuid, "first & <one>"], Token);
        (await target.VirshAsync(["snapshot-current", spare.Uuid, "--name"], Token)).Trim().ShouldBe("first & <one>");
        await target.VirshAsync(["snapshot-delete", db.Uuid, "child"], Token);
        (await target.VirshAsync(["snapshot-current", db.Uuid, "--name"], Token)).Trim().ShouldBe("root.base");
        var reached = db.ReadLog().LastTick!.Number;
        await target.VirshAsync(["snapshot-revert", db.Uuid, "root.base"], Token);
        await Poll.UntilAsync(
            $"{db.Name} to be where it was when the snapshot was taken",
            TimeSpan.FromSeconds(30),
            _ => Task.FromResult(db.ReadLog().LastTick?.Number < reached),
            () => $"tick {db.ReadLog().LastTick?.Number}, and it had come to {reached}",
            Token);
    }

    /// <summary>
    /// Two with the memory of one that runs, one after the other, and one of a VM that is shut off. libvirt 11 makes QEMU's job
    /// ids of the names of those with memory, and QEMU takes few signs there.
    /// </summary>
    private static async Task<(Guest Db, Guest Spare)> AddAsync(OuterHostLab lab)
    {
        var source = await lab.GenerationAsync(1, Token);
        var guests = await lab.AddGuestsAsync(source, [Db, Spare], Token);
        await source.VirshAsync(["snapshot-create-as", guests[0].Uuid, "root.base"], Token);
        await source.VirshAsync(["snapshot-create-as", guests[0].Uuid, "child"], Token);
        await source.VirshAsync(["snapshot-create-as", guests[1].Uuid, "first & <one>"], Token);
        return (guests[0], guests[1]);
    }

    private static async Task HasAllAsync(Generation generation, Guest db, Guest spare)
    {
        DockerCli.Lines(await generation.VirshAsync(["snapshot-list", db.Uuid, "--name", "--topological"], Token)).ShouldBe(["root.base", "child"]);
        (await generation.VirshAsync(["snapshot-current", db.Uuid, "--name"], Token)).Trim().ShouldBe("child");
        (await generation.VirshAsync(["snapshot-parent", db.Uuid, "child"], Token)).Trim().ShouldBe("root.base");
        DockerCli.Lines(await generation.VirshAsync(["snapshot-list", spare.Uuid, "--name"], Token)).ShouldBe(["first & <one>"]);
    }

    private static void NothingIsKept(OuterHostLab lab)
    {
        var directory = Path.Join(lab.Root, "var/lib/hostswap/snapshots");
        (Directory.Exists(directory) ? Directory.GetFiles(directory) : []).ShouldBeEmpty();
    }
}
