using System.Security.Cryptography;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>A job that runs on a VM forbids a swap by its name, and is waited for where that is wanted.</summary>
public sealed class JobWaitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_block_pull_and_a_backup_are_named_and_waited_for()
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "jobs", Image = Repository.Bookworm }, Token);
        var generation = await lab.GenerationAsync(1, Token);
        var guest = await lab.AddGuestAsync(generation, await SpecAsync(lab, generation), Token);

        // 64 MiB at 128 KiB a second: it goes on for as long as it is wanted.
        await generation.VirshAsync(["blockpull", guest.Uuid, "vda", "--bytes", "--bandwidth", "131072"], Token);
        var refused = await lab.Hostctl.RunAsync(["plan", "--image", Repository.Trixie, "--wait-jobs=2s"], Token);
        refused.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, refused.Describe());
        (refused.Output + refused.Error).ShouldContain("a block pull of its disk vda");
        (await generation.VirshAsync(["blockjob", guest.Uuid, "vda", "--info"], Token)).ShouldNotBeEmpty("it must still be under way");

        await using var running = lab.Hostctl.Start(["swap", "--yes", "--image", Repository.Trixie, "--wait-jobs=5m"]);
        await running.WaitForLineAsync(
            "the swap to say what it waits for",
            static line => line.Contains("pulled: a block pull of its disk vda", StringComparison.Ordinal) && line.Contains("its end is waited for", StringComparison.Ordinal),
            HostctlRunner.DefaultLimit,
            Token);
        (await lab.Hostctl.StatusAsync(Token)).Of(guest.Spec.Uuid).ShouldHaveSingleItem().Generation.ShouldBe(1, "nothing moves while it is waited for");
        await generation.VirshAsync(["blockjob", guest.Uuid, "vda", "--bandwidth", "64"], Token);
        var swap = await running.WaitAsync(HostctlRunner.DefaultLimit, Token);
        swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
        await Oracle.EveryGuestLivesOnAsync(lab, Token);

        // A backup that is fetched (pull mode) ends when the program that fetches it says so.
        var active = await lab.ActiveAsync(Token);
        await active.VirshAsync(
            ["backup-begin", guest.Uuid, "/dev/stdin"],
            Token,
            "<domainbackup mode='pull'><server transport='unix' socket='/tmp/backup.sock'/><disks><disk name='vda' backup='yes' type='file'/></disks></domainbackup>");
        var plan = await lab.Hostctl.RunAsync(["plan", "--image", Repository.Bookworm], Token);
        plan.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, plan.Describe());
        plan.Output.ShouldContain("a backup is under way");
        await active.VirshAsync(["domjobabort", guest.Uuid], Token);
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
    }

    /// <summary>A disk whose base is full, so that there is something to pull.</summary>
    private static async Task<GuestSpec> SpecAsync(OuterHostLab lab, Generation generation)
    {
        var filling = await lab.MakeImageAsync(generation, "filling.img", "raw", Token);
        var bytes = new byte[OuterHostLab.ImageMiB << 20];
        RandomNumberGenerator.Fill(bytes);
        await File.WriteAllBytesAsync(filling, bytes, Token);
        var below = await lab.MakeImageAsync(generation, "below.qcow2", "qcow2", Token);
        await generation.RunAsync(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", filling, below], Token);
        var top = await lab.MakeImageAsync(generation, "top.qcow2", "qcow2", Token, below);
        return new GuestSpec("pulled") { FirstDisk = DiskXml.First("file", "qcow2", "none", DiskXml.File(top)) };
    }
}
