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
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_failure_with_VMs_on_both_sides_the_next_swap_finishes()
    {
        await using var lab = await OuterHostLab.StartAsync(ThrottledWorld.Options(ThrottledWorld.SlowMiBPerSecond), Token);
        await lab.AddGuestsAsync(
            await lab.GenerationAsync(1, Token),
            [new GuestSpec("one") { FillMiB = 64, Disk = DiskFormat.Qcow2 }, new GuestSpec("two") { FillMiB = 64 }],
            Token);
        await using var witness = Witness.Start(lab.Guests);
        await using (var swap = lab.Hostctl.StartSwap("--image", Repository.Trixie))
        {
            FailTransfer(await WaitForSecondTransferAsync(lab, swap));
            var failed = await swap.WaitAsync(Limit, Token);
            failed.ExitCode.ShouldBe(ExitCodes.FailedBothSides, failed.Describe());
        }

        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        (await lab.Hostctl.StatusAsync(Token)).Vms.Select(static vm => vm.Generation).Order().ShouldBe([1, 2]);

        await lab.ConfigureAsync(ThrottledWorld.Options(null), Token);
        var retry = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token);

        retry.ExitCode.ShouldBe(ExitCodes.Done, retry.Describe());
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
        (await lab.Hostctl.StatusAsync(Token)).Vms.ShouldAllBe(static vm => vm.Generation == 2);
        await Oracle.GenerationsAreAsync(lab, active: 2, Token, others: 1);
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
