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
/// The link of a post-copy migration is cut: part of the guest is on either side. It is mended, or said; its source is
/// never resumed.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class BrokenPostCopyTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_mended_where_libvirt_can()
    {
        using var allowed = UserFaults.Allow();
        await using var world = await RestlessWorld.StartAsync(Repository.Trixie);
        await using var witness = Witness.Start(world.Lab.Guests);

        var result = await SwapAndCutAsync(world);

        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
        result.Output.Contains("had broken, and was mended", StringComparison.Ordinal).ShouldBeTrue(result.Describe());
        (await world.Lab.Hostctl.LastSwapAsync(Token)).Entries.ShouldContain(entry => entry.Step == "mend-postcopy");
        await Oracle.EveryGuestLivesOnAsync(world.Lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
    }

    /// <summary>libvirt 11.3 crashes where it is told to mend one, so it is not told to.</summary>
    [Fact]
    public async Task Where_libvirt_cannot_it_is_said_and_nothing_is_touched_nor_by_a_resumption()
    {
        using var allowed = UserFaults.Allow();
        await using var world = await RestlessWorld.StartAsync(Repository.Bookworm);
        await using var witness = Witness.Start(world.Lab.Guests);
        var source = await world.ActiveAsync();

        var result = await SwapAndCutAsync(world);

        result.ExitCode.ShouldBe(ExitCodes.NeedsPerson, result.Describe());
        result.Output.Contains("in part on either side", StringComparison.Ordinal).ShouldBeTrue(result.Describe());
        await IsUntouchedAsync(world, source);
        foreach (var course in new[] { "--forward", "--rollback" })
        {
            var resumed = await world.Lab.Hostctl.RunAsync(["resume", "--yes", course], Token);
            resumed.ExitCode.ShouldBe(ExitCodes.NeedsPerson, resumed.Describe());
            resumed.Error.ShouldContain("in part on either side");
            await IsUntouchedAsync(world, source);
        }

        await Oracle.NobodyRanTwiceAsync(witness);
    }

    private static async Task IsUntouchedAsync(RestlessWorld world, Generation source)
    {
        (await source.VirshAsync(["domstate", "--reason", world.Restless.Uuid], Token)).ShouldBe("paused (post-copy failed)");
        QemuProcess.All().Count(process => process.Uuid == world.Restless.Spec.Uuid).ShouldBe(2);
    }

    private static async Task<CommandResult> SwapAndCutAsync(RestlessWorld world)
    {
        await world.SayAsync("postcopy");
        var source = await world.ActiveAsync();
        await using var swap = world.Lab.Hostctl.StartSwap("--image", await world.OtherImageAsync());
        await WaitAsync(swap, "the transfer", static line => line is { Event: "moveProgress", ProcessedBytes: > 0 });
        // What the guest asks for is sent all the same; the rest takes long enough to be cut off.
        await source.VirshAsync(["migrate-setspeed", world.Restless.Uuid, "1", "--postcopy"], Token);
        await WaitAsync(swap, "post-copy", static line => line is { Event: "moveClimbed", Rung: "post-copy" });
        // Only once the source has handed over does libvirt let it be cut, and only once the other side has taken it over
        // does its libvirt see that it was: then the guest goes on.
        await OuterHostLab.WaitForTicksAsync(world.Restless, 3, Token);
        await Poll.UntilAsync(
            "libvirt to cut the post-copy migration",
            TimeSpan.FromSeconds(20),
            async token => (await source.TryAsync(["virsh", "domjobabort", world.Restless.Uuid, "--postcopy"], token)).ExitCode == 0,
            () => "",
            Token);
        return await swap.WaitAsync(Limit, Token);
    }

    private static Task<string> WaitAsync(RunningProcess swap, string awaited, Func<EventView, bool> condition) =>
        swap.WaitForLineAsync(awaited, line => condition(HostctlDocuments.Read<EventView>(line)), Limit, Token);
}
