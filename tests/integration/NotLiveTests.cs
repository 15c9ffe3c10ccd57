using System.Globalization;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>
/// VMs that cannot, or must not, move live, each with another policy, there and back: one is saved and restored, one lets go of a
/// device and gets it back, and one stays while the others move.
/// </summary>
public sealed class NotLiveTests
{
    private const string RingSize = "/sys/bus/pci/devices/*/resource2";

    private static readonly LabOptions Options = new LabOptions { Purpose = "not-live", Image = Repository.Bookworm }
        .With("migration", "parallel = 1", "shutdown_deadline = \"20s\"")
        .With("vm.\"pinned\"", "live = false", "when_not_live = \"save-restore\"")
        .With("vm.\"plugged\"", "when_not_live = \"detach-reattach\"", "priority = 10")
        .With("vm.\"stays\"", "live = false", "when_not_live = \"leave\"");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_goes_there_and_back_by_its_policy()
    {
        await using var lab = await OuterHostLab.StartAsync(Options, Token);
        var first = await lab.GenerationAsync(1, Token);
        var guests = await lab.AddGuestsAsync(
            first,
            [
                new GuestSpec("pinned") { Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 256 },
                new GuestSpec("plugged") { Disk = DiskFormat.Qcow2, Words = ["hs.http"], ExtraDevices = [DomainXmlWriter.Ring()] },
                new GuestSpec("stays"),
            ],
            Token);
        var (pinned, plugged, stays) = (guests[0], guests[1], guests[2]);
        (await RingsAsync(plugged)).ShouldBe(1, "the test sees the device in the guest");
        await using var witness = Witness.Start(lab.Guests);

        var plan = HostctlDocuments.Read<PlanView>((await lab.Hostctl.RunAsync(["plan", "--image", Repository.Trixie, "--format", "json"], Token)).Output);
        plan.Plan.Blockers.ShouldBeEmpty();
        plan.Plan.Moves.ToDictionary(static move => move.Name, static move => move.Method).ShouldBe(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["pinned"] = "save-restore", ["plugged"] = "copy", ["stays"] = "leave" }, ignoreOrder: true);

        var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie, "--on-failure", "rollback"], Token);
        swap.ExitCode.ShouldBe(ExitCodes.FailedBothSides, swap.Describe());
        (swap.Output + swap.Error).ShouldContain("stays: it must not be moved while it runs (live = false): it stays where it is");
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await IsInAsync(lab, (pinned, 2), (plugged, 2), (stays, 1));
        (await RingsAsync(plugged)).ShouldBe(1);

        await first.VirshAsync(["destroy", stays.Uuid], Token);
        var resume = await lab.Hostctl.RunAsync(["resume", "--yes"], Token);
        resume.ExitCode.ShouldBe(ExitCodes.Done, resume.Describe());
        await IsInAsync(lab, (pinned, 2), (plugged, 2), (stays, 2));

        var back = await lab.Hostctl.RunAsync(["rollback", "--yes"], Token);
        back.ExitCode.ShouldBe(ExitCodes.Done, back.Describe());
        await IsInAsync(lab, (pinned, 1), (plugged, 1), (stays, 1));
        (await RingsAsync(plugged)).ShouldBe(1);
        foreach (var guest in new[] { pinned, plugged })
        {
            await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
            guest.ReadLog().Judge().ShouldSatisfyAllConditions(static life => life.Problems.ShouldBeEmpty(), static life => life.BootIds.Count.ShouldBe(1));
            (await first.VirshAsync(["dumpxml", guest.Uuid], Token)).Contains("<shmem", StringComparison.Ordinal).ShouldBe(guest == plugged);
        }

        (await lab.Hostctl.LastSwapAsync(Token)).Moves.Single(static move => move.Name is "pinned").DowntimeMs.ShouldNotBeNull().ShouldBeGreaterThan(0);
        // A guest that hears of no request to let go keeps its device, and stays with it.
        await GuestShell.RunAsync(plugged.Address, "for gpe in /sys/firmware/acpi/interrupts/gpe*; do echo disable > $gpe; done", Token);
        var keeps = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token);
        keeps.ExitCode.ShouldBe(ExitCodes.FailedOldSide, keeps.Describe());
        (keeps.Output + keeps.Error).ShouldContain("the guest to let go of its shared memory device ring");
        await IsInAsync(lab, (pinned, 1), (plugged, 1), (stays, 1));
        (await RingsAsync(plugged)).ShouldBe(1);

        await first.VirshAsync(["destroy", pinned.Uuid, "--graceful"], Token);
        (await first.CheckDiskAsync(pinned.DiskPath!, Token)).ShouldBe(0);
        await Oracle.NobodyRanTwiceAsync(witness);
    }

    private static async Task<int> RingsAsync(Guest guest) => int.Parse(
        (await GuestShell.RunAsync(guest.Address, $"ls {RingSize} 2>/dev/null | while read f; do cat ${{f%resource2}}device; done | grep -c 0x1110 || true", Token)).Trim(), CultureInfo.InvariantCulture);

    private static async Task IsInAsync(OuterHostLab lab, params (Guest Guest, int Generation)[] expected)
    {
        var status = await lab.Hostctl.StatusAsync(Token);
        foreach (var (guest, generation) in expected)
            status.Of(guest.Spec.Uuid).ShouldHaveSingleItem($"{guest.Name} must be listed once").Generation.ShouldBe(generation, guest.Name);
    }
}
