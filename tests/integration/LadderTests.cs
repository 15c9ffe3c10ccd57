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
/// A guest that dirties memory faster than it is sent climbs the ladder, to the end that its policy says, told and
/// recorded at each rung; it lives on whatever that is.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class LadderTests(RestlessWorld world) : IClassFixture<RestlessWorld>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly string[] Climb = ["bandwidth", "downtime", "downtime"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private OuterHostLab Lab => world.Lab;

    [Fact]
    public async Task With_stay_it_is_given_up_at_its_deadline_and_the_swap_ends_with_every_VM_on_the_old_side()
    {
        var before = await world.ActiveAsync();
        await using var witness = Witness.Start(Lab.Guests);

        var result = await SwapAsync();

        result.ExitCode.ShouldBe(ExitCodes.FailedOldSide, result.Describe());
        RungsOf(result).ShouldBe([.. Climb, "stay"]);
        await LivesOnAsync(witness, result);
        (await world.ActiveAsync()).Number.ShouldBe(before.Number);
        var move = (await Lab.Hostctl.LastSwapAsync(Token)).Moves.ShouldHaveSingleItem();
        move.State.ShouldBe("returned");
        move.Rung.ShouldBe("stay");
        move.Reason.ShouldContain("did not finish within 60 s");
    }

    [Fact]
    public async Task With_pause_it_stands_still_until_the_copy_is_complete_and_runs_on_arrival()
    {
        await Lab.ConfigureAsync(RestlessWorld.Options.With("vm.restless", "policy = \"pause\""), Token);
        await using var witness = Witness.Start(Lab.Guests);

        var result = await SwapAsync();

        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
        RungsOf(result).ShouldBe([.. Climb, "pause"]);
        await LivesOnAsync(witness, result);
        var swap = await Lab.Hostctl.LastSwapAsync(Token);
        swap.Entries.Count(entry => entry.Step is "climb").ShouldBe(4);
        var move = swap.Moves.ShouldHaveSingleItem();
        move.Rung.ShouldBe("pause");
        // All that it has dirtied in a pass had to be sent meanwhile: no blink, and told as such.
        move.DowntimeMs.ShouldNotBeNull().ShouldBeGreaterThan(300);

        await Lab.ConfigureAsync(RestlessWorld.Options, Token);
    }

    [Fact]
    public async Task With_postcopy_it_goes_on_on_the_new_side_at_once()
    {
        using var allowed = UserFaults.Allow();
        await world.SayAsync("postcopy");
        await using var witness = Witness.Start(Lab.Guests);

        var result = await SwapAsync();

        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
        RungsOf(result).ShouldBe([.. Climb, "post-copy"]);
        await LivesOnAsync(witness, result);
        (await Lab.Hostctl.LastSwapAsync(Token)).Moves.ShouldHaveSingleItem().Rung.ShouldBe("post-copy");

        await world.SayAsync(null);
    }

    [Fact]
    public async Task Without_the_kernels_leave_postcopy_is_refused_by_the_plan_and_what_is_said_is_shown()
    {
        using var forbidden = UserFaults.Forbid();
        await Lab.ConfigureAsync(RestlessWorld.Options.With("vm.restless", "priority = 7", "group = \"customer\""), Token);
        await world.SayAsync("postcopy");
        var result = await Lab.Hostctl.RunAsync(["plan", "--image", await world.OtherImageAsync(), "--format", "json"], Token);

        result.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, result.Describe());
        var plan = HostctlDocuments.Read<PlanView>(result.Output).Plan;
        plan.Blockers.ShouldHaveSingleItem().Code.ShouldBe("postcopy");
        var move = plan.Moves.ShouldHaveSingleItem();
        (move.Policy, move.Priority, move.Group).ShouldBe(("postcopy", 7, "customer"));

        await world.SayAsync(null);
        await Lab.ConfigureAsync(RestlessWorld.Options, Token);
    }

    private async Task<CommandResult> SwapAsync()
    {
        await using var swap = Lab.Hostctl.StartSwap("--image", await world.OtherImageAsync());
        return await swap.WaitAsync(Limit, Token);
    }

    private static IReadOnlyList<string?> RungsOf(CommandResult result) =>
        [.. HostctlRunner.Events(result.Output).Where(static line => line.Event is "moveClimbed").Select(static line => line.Rung)];

    private async Task LivesOnAsync(Witness witness, CommandResult result)
    {
        try
        {
            await Oracle.EveryGuestLivesOnAsync(Lab, Token);
            await Oracle.NobodyRanTwiceAsync(witness);
        }
        catch (ShouldAssertException)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(result.Describe());
            throw;
        }
    }
}
