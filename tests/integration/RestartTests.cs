using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>
/// A VM with a device that no QEMU migrates is shut down, carried over and started again, there and back; one that does not shut
/// down in time stays; and nothing is started that did not run.
/// </summary>
public sealed class RestartTests
{
    private const string Button = "/etc/acpi/PWRF/00000080";

    private static readonly LabOptions Options = new LabOptions { Purpose = "restart", Image = Repository.Bookworm }
        .With("migration", "parallel = 1", "when_not_live = \"restart\"", "shutdown_deadline = \"25s\"")
        .With("vm.\"ring\"", "priority = 10");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_cannot_move_live_is_restarted_there_and_back_or_stays_where_it_does_not_shut_down()
    {
        await using var lab = await OuterHostLab.StartAsync(Options, Token);
        var first = await lab.GenerationAsync(1, Token);
        var guests = await lab.AddGuestsAsync(
            first,
            [
                new GuestSpec("ring") { Disk = DiskFormat.Qcow2, Words = ["hs.http"], ExtraDevices = [DomainXmlWriter.Ring()] },
                new GuestSpec("live"),
                new GuestSpec("off") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff, ExtraDevices = [DomainXmlWriter.Ring()] },
            ],
            Token);
        var (ring, live, off) = (guests[0], guests[1], guests[2]);
        await using var witness = Witness.Start(lab.Guests);

        // No button, no agent: nothing makes it shut down.
        await GuestShell.RunAsync(ring.Address, $"mv {Button} /run/button", Token);
        var stays = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token);
        stays.ExitCode.ShouldBe(ExitCodes.FailedOldSide, stays.Describe());
        (stays.Output + stays.Error).ShouldContain("the guest of ring to shut down");
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        (await lab.Hostctl.StatusAsync(Token)).Active.Number.ShouldBe(1);

        await GuestShell.RunAsync(ring.Address, $"mv /run/button {Button}", Token);
        var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token);
        swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
        (await lab.Hostctl.LastSwapAsync(Token)).Moves.Single(static move => move.Name is "ring").Method.ShouldBe("restart");
        await IsSoAsync(lab, ring, boots: 2, live, off);

        var back = await lab.Hostctl.RunAsync(["rollback", "--yes"], Token);
        back.ExitCode.ShouldBe(ExitCodes.Done, back.Describe());
        (await lab.Hostctl.StatusAsync(Token)).Active.Number.ShouldBe(1);
        await IsSoAsync(lab, ring, boots: 3, live, off);
        await Oracle.NobodyRanTwiceAsync(witness);
    }

    private static async Task IsSoAsync(OuterHostLab lab, Guest ring, int boots, Guest live, Guest off)
    {
        await OuterHostLab.WaitForTicksAsync(live, 5, Token);
        live.ReadLog().Judge().Problems.ShouldBeEmpty();
        await Poll.UntilAsync(
            $"boot {boots} of {ring.Name}",
            OuterHostLab.BootLimit,
            _ => Task.FromResult(ring.ReadLog().Judge().BootIds.Count == boots),
            () => ring.ReadLog().Tail(),
            Token);
        var status = await lab.Hostctl.StatusAsync(Token);
        foreach (var guest in new[] { ring, live, off })
        {
            var vm = status.Of(guest.Spec.Uuid).ShouldHaveSingleItem($"{guest.Name} must be listed once");
            vm.Generation.ShouldBe(status.Active.Number, guest.Name);
            vm.State.ShouldBe(guest == off ? "shut off" : "running", guest.Name);
            QemuProcess.All().Count(process => process.Uuid == guest.Spec.Uuid).ShouldBe(guest == off ? 0 : 1, guest.Name);
            DefinitionFiles.Of(lab, guest.Spec.Uuid).Count.ShouldBe(1, guest.Name);
        }

        var active = await lab.ActiveAsync(Token);
        (await active.VirshAsync(["dumpxml", ring.Uuid], Token)).ShouldContain("<shmem name='ring'");
    }
}
