using System.Globalization;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>
/// Whatever ends a swap, every VM runs on, exactly once, and the exit code says how it ended. The VMs' transfer is
/// throttled so far that there is time to fail; each test begins with all VMs in the active generation, whichever that is.
/// </summary>
public sealed class SwapFailureTests(ThrottledWorld world) : IClassFixture<ThrottledWorld>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private OuterHostLab Lab => world.Lab;

    [Fact]
    public async Task Ctrl_C_in_mid_transfer_leaves_every_VM_on_the_old_side()
    {
        var active = await ActiveAsync();
        await using var witness = Witness.Start(Lab.Guests);
        await using var swap = await StartSwapAsync();
        await WaitForTransferAsync(swap, world.Slow);

        swap.Send(Signal.Interrupt);
        var result = await swap.WaitAsync(Limit, Token);

        await StillOnAsync(active, witness, result.Describe());
        result.ExitCode.ShouldBe(ExitCodes.Interrupted, result.Describe());
    }

    [Fact]
    public async Task A_target_QEMU_killed_in_mid_transfer_leaves_every_VM_on_the_old_side()
    {
        var active = await ActiveAsync();
        var source = QemuProcess.All().Single(process => process.Uuid == world.Slow.Spec.Uuid).Pid;
        await using var witness = Witness.Start(Lab.Guests);
        await using var swap = await StartSwapAsync();
        await WaitForTransferAsync(swap, world.Slow);

        Native.Send(QemuProcess.All().Single(process => process.Uuid == world.Slow.Spec.Uuid && process.Pid != source).Pid, Signal.Kill);
        var result = await swap.WaitAsync(Limit, Token);

        await StillOnAsync(active, witness, result.Describe());
        result.ExitCode.ShouldBe(ExitCodes.FailedOldSide, result.Describe());
    }

    [Fact]
    public async Task An_abort_from_elsewhere_ends_a_swap_in_order()
    {
        var active = await ActiveAsync();
        await using var witness = Witness.Start(Lab.Guests);
        await using var swap = await StartSwapAsync();
        await WaitForTransferAsync(swap, world.Slow);

        var abort = await Lab.Hostctl.RunAsync(["abort", "--rollback"], Token);
        var result = await swap.WaitAsync(Limit, Token);

        abort.ExitCode.ShouldBe(ExitCodes.Done, abort.Describe());
        result.ExitCode.ShouldBe(ExitCodes.Interrupted, result.Describe());
        await StillOnAsync(active, witness, result.Describe());
        (await Lab.Hostctl.RunAsync(["abort"], Token)).ExitCode.ShouldBe(ExitCodes.NothingToDo);
        (await Lab.Hostctl.RunAsync(["resume", "--yes"], Token)).ExitCode.ShouldBe(ExitCodes.NothingToDo);
    }

    [Fact]
    public async Task A_candidate_killed_in_mid_transfer_leaves_every_VM_on_the_old_side()
    {
        var active = await ActiveAsync();
        var before = await Lab.ContainersAsync(Token);
        await using var witness = Witness.Start(Lab.Guests);
        await using var swap = await StartSwapAsync();
        await WaitForTransferAsync(swap, world.Slow);

        var candidate = (await Lab.ContainersAsync(Token)).Except(before, StringComparer.Ordinal).ShouldHaveSingleItem();
        await DockerCli.RunAsync(["kill", candidate], Token);
        var result = await swap.WaitAsync(Limit, Token);

        await StillOnAsync(active, witness, result.Describe());
        result.ExitCode.ShouldBe(ExitCodes.FailedOldSide, result.Describe());
    }

    [Fact]
    public async Task A_second_swap_is_refused_and_told_who_holds_the_lock()
    {
        var active = await ActiveAsync();
        await using var witness = Witness.Start(Lab.Guests);
        await using var swap = await StartSwapAsync();
        await WaitForTransferAsync(swap, world.Slow);

        var second = await Lab.Hostctl.RunAsync(["swap", "--yes", "--image", await world.OtherImageAsync(Token)], Token);

        swap.Send(Signal.Interrupt);
        (await swap.WaitAsync(Limit, Token)).ExitCode.ShouldBe(ExitCodes.Interrupted);
        await StillOnAsync(active, witness);
        second.ExitCode.ShouldBe(ExitCodes.Locked, second.Describe());
        second.Error.ShouldContain(swap.Pid.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_candidate_that_never_gets_ready_is_removed_again()
    {
        var active = await ActiveAsync();
        var image = await world.BuildBrokenImageAsync(Token);
        await using var witness = Witness.Start(Lab.Guests);

        var result = await Lab.Hostctl.RunAsync(["swap", "--yes", "--image", image], Token);

        await StillOnAsync(active, witness, result.Describe());
        result.ExitCode.ShouldBe(ExitCodes.FailedOldSide, result.Describe());
    }

    [Theory]
    [InlineData("hostswap/host:no-such-tag", ExitCodes.Environment)]
    [InlineData("No Reference!", ExitCodes.Usage)]
    [InlineData("--image", ExitCodes.Usage)]
    public async Task A_bad_image_reference_is_told_before_anything_happens(string image, int exitCode)
    {
        var active = await ActiveAsync();
        await using var witness = Witness.Start(Lab.Guests);

        var result = await Lab.Hostctl.RunAsync(["swap", "--yes", "--image", image], Token);

        result.ExitCode.ShouldBe(exitCode, result.Describe());
        result.Error.ShouldNotBeNullOrWhiteSpace();
        await StillOnAsync(active, witness);
    }

    private async Task<int> ActiveAsync() => (await Lab.Hostctl.StatusAsync(Token)).Active.Number;

    private async Task<RunningProcess> StartSwapAsync() =>
        Lab.Hostctl.StartSwap("--image", await world.OtherImageAsync(Token));

    private static Task<string> WaitForTransferAsync(RunningProcess swap, Guest guest) => swap.WaitForLineAsync(
        $"the transfer of {guest.Name}",
        line => HostctlDocuments.Read<EventView>(line) is { Event: "moveProgress", ProcessedBytes: > 0 } progress && Is(guest, progress.Name),
        Limit,
        Token);

    private static bool Is(Guest guest, string? name) => string.Equals(guest.Name, name, StringComparison.Ordinal);

    private async Task StillOnAsync(int active, Witness witness, string? context = null)
    {
        await Oracle.EveryGuestLivesOnAsync(Lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
        var status = await Lab.Hostctl.StatusAsync(Token);
        status.Active.Number.ShouldBe(active, context);
        status.Vms.ShouldAllBe(vm => vm.Generation == active, context);
        status.Generations.ShouldAllBe(static generation => generation.Role != "candidate", context);
        status.LockHolder.ShouldBeNull(context);
    }
}
