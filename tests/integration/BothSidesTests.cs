using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>A swap that fails when one VM has arrived and the next is under way leaves both running, and can be finished.</summary>
public sealed class BothSidesTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_failure_with_VMs_on_both_sides_a_swap_is_refused_and_a_resumption_finishes()
    {
        await using var lab = await StartAsync();
        await using var witness = Witness.Start(lab.Guests);
        (await FailAsync(lab)).ExitCode.ShouldBe(ExitCodes.FailedBothSides);
        await Oracle.EveryGuestLivesOnAsync(lab, Token, autostart: false);
        Sides(await lab.Hostctl.StatusAsync(Token)).ShouldBe([1, 1, 2]);

        await lab.ConfigureAsync(ThrottledWorld.Options(null), Token);
        var again = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token);
        again.ExitCode.ShouldBe(ExitCodes.Unfinished, again.Describe());
        again.Error.ShouldContain("hostctl resume");
        var resumed = await lab.Hostctl.RunAsync(["resume", "--yes"], Token);

        resumed.ExitCode.ShouldBe(ExitCodes.Done, resumed.Describe());
        await EndsInAsync(lab, witness, active: 2, others: 1);
    }

    [Fact]
    public async Task After_a_failure_with_VMs_on_both_sides_a_resumption_can_return_everything()
    {
        await using var lab = await StartAsync();
        await using var witness = Witness.Start(lab.Guests);
        (await FailAsync(lab)).ExitCode.ShouldBe(ExitCodes.FailedBothSides);

        await lab.ConfigureAsync(ThrottledWorld.Options(null), Token);
        var resumed = await lab.Hostctl.RunAsync(["resume", "--rollback", "--yes"], Token);

        resumed.ExitCode.ShouldBe(ExitCodes.Done, resumed.Describe());
        await EndsInAsync(lab, witness, active: 1);
    }

    [Fact]
    public async Task A_swap_that_is_to_roll_back_returns_everything_itself()
    {
        await using var lab = await StartAsync();
        await using var witness = Witness.Start(lab.Guests);

        var failed = await FailAsync(lab, "--on-failure", "rollback");

        failed.ExitCode.ShouldBe(ExitCodes.FailedOldSide, failed.Describe());
        await EndsInAsync(lab, witness, active: 1);
    }

    [Fact]
    public async Task A_swap_that_is_to_continue_leaves_the_VM_that_failed_and_moves_the_others()
    {
        await using var lab = await StartAsync();
        await using var witness = Witness.Start(lab.Guests);

        var failed = await FailAsync(lab, "--on-failure", "continue");

        failed.ExitCode.ShouldBe(ExitCodes.FailedBothSides, failed.Describe());
        Sides(await lab.Hostctl.StatusAsync(Token)).ShouldBe([1, 2, 2], "one in quarantine, the shut-off one has followed the first");
        await lab.ConfigureAsync(ThrottledWorld.Options(null), Token);
        (await lab.Hostctl.RunAsync(["resume", "--yes"], Token)).ExitCode.ShouldBe(ExitCodes.Done);
        await EndsInAsync(lab, witness, active: 2, others: 1);
    }

    private static async Task<OuterHostLab> StartAsync()
    {
        var lab = await OuterHostLab.StartAsync(ThrottledWorld.Options(ThrottledWorld.SlowMiBPerSecond), Token);
        await lab.AddGuestsAsync(
            await lab.GenerationAsync(1, Token),
            [
                new GuestSpec("one") { FillMiB = 48, Disk = DiskFormat.Qcow2, Autostart = true },
                new GuestSpec("two") { FillMiB = 48, Autostart = true },
                new GuestSpec("spare") { State = GuestState.ShutOff, Autostart = true },
            ],
            Token);
        return lab;
    }

    /// <summary>A swap in which the first VM arrives and the second's move fails.</summary>
    private static async Task<CommandResult> FailAsync(OuterHostLab lab, params string[] arguments)
    {
        await using var swap = lab.Hostctl.StartSwap(["--image", Repository.Trixie, .. arguments]);
        FailTransfer(await WaitForSecondTransferAsync(lab, swap));
        return await swap.WaitAsync(Limit, Token);
    }

    private static IEnumerable<int> Sides(StatusView status) => status.Vms.Select(static vm => vm.Generation).Order();

    private static async Task EndsInAsync(OuterHostLab lab, Witness witness, int active, params int[] others)
    {
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
        (await lab.Hostctl.StatusAsync(Token)).Vms.ShouldAllBe(vm => vm.Generation == active);
        await Oracle.GenerationsAreAsync(lab, active, Token, others);
        (await lab.Hostctl.RunAsync(["resume", "--yes"], Token)).ExitCode.ShouldBe(ExitCodes.NothingToDo);
    }

    /// <summary>One at a time: when the second is under way, the first has arrived.</summary>
    private static async Task<Guest> WaitForSecondTransferAsync(OuterHostLab lab, RunningProcess swap)
    {
        var arrived = "";
        var line = await swap.WaitForLineAsync(
            "the second transfer",
            text =>
            {
                var change = HostctlDocuments.Read<EventView>(text);
                if (change is { Event: "moveChanged", State: "verified" }) arrived = change.Name;
                return change is { Event: "moveProgress", ProcessedBytes: > 0 } && arrived is not "";
            },
            Limit,
            Token);
        var name = HostctlDocuments.Read<EventView>(line).Name;
        return lab.Guests.Single(guest => string.Equals(guest.Name, name, StringComparison.Ordinal));
    }

    /// <summary>Kills the younger of a VM's two QEMU processes: the one that only waits for the transfer.</summary>
    private static void FailTransfer(Guest guest)
    {
        var processes = QemuProcess.All()
            .Where(process => process.Uuid == guest.Spec.Uuid)
            .OrderByDescending(static process => ProcessIdentity.ReadStartTicks(process.Pid))
            .ToList();
        processes.Count.ShouldBe(2);
        Native.Send(processes[0].Pid, Signal.Kill);
    }
}
