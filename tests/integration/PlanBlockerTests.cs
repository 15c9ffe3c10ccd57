using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>Every reason against a swap is told at once, each with its fix, and nothing is touched.</summary>
public sealed class PlanBlockerTests(BlockedWorld world) : IClassFixture<BlockedWorld>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("memory", "big", "RAM")]
    [InlineData("operation", "copying", "a block copy of its disk vda")]
    [InlineData("machine-type", "new-machine", "pc-q35-10.0")]
    [InlineData("cpu-model", "new-cpu", "SierraForest")]
    [InlineData("cpu-features", "new-feature", "x2apic")]
    [InlineData("cpu-features", "new-feature", "fred")]
    [InlineData("device", "new-card", "igb")]
    [InlineData("device", "new-sound", "virtio")]
    [InlineData("firmware", "new-firmware", "strictnx")]
    [InlineData("storage", "private-disk", "/srv/private")]
    [InlineData("bridge", "hand-bridge", "br-hand")]
    [InlineData("network", "fleeting-net", "fleeting")]
    [InlineData("host-device", "host-device", "shmem, role peer")]
    [InlineData("managed-save", "saved", "truncated")]
    [InlineData("machine-type", "saved-new", "as it was saved: machine type pc-q35-10.0")]
    public void Each_blocker_names_the_VM_the_reason_and_a_fix(string code, string subject, string named)
    {
        var blocker = world.Plan.Plan.Blockers.ShouldHaveSingleItemWhere(
            item => string.Equals(item.Code, code, StringComparison.Ordinal) && string.Equals(item.Subject, subject, StringComparison.Ordinal),
            $"{code} of {subject} among: {string.Join("; ", world.Plan.Plan.Blockers)}");
        blocker.Problem.ShouldContain(named);
        blocker.Fix.ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public void The_plan_is_refused_with_its_own_exit_code()
    {
        world.PlanResult.ExitCode.ShouldBe(ExitCodes.RefusedByPlan);
        world.Plan.Possible.ShouldBeFalse();
    }

    [Fact]
    public void No_VM_is_blamed_for_what_it_has_not() =>
        world.Plan.Plan.Blockers.Where(static blocker => blocker.Subject is "new-machine" or "new-cpu" or "new-feature" or "new-card" or "new-sound" or "new-firmware" or "hand-bridge" or "saved")
            .GroupBy(static blocker => blocker.Subject, StringComparer.Ordinal)
            .ShouldAllBe(static group => group.Count() == 1);

    [Fact]
    public async Task A_refused_swap_touches_nothing()
    {
        var result = await world.Lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Bookworm], Token);

        result.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, result.Describe());
        foreach (var subject in new[] { "big", "copying", "new-machine", "host-device", "saved" }) (result.Output + result.Error).ShouldContain(subject);
        await Oracle.GenerationsAreAsync(world.Lab, active: 1, Token);
        await Oracle.EveryGuestLivesOnAsync(world.Lab, Token);
        var generation = await world.Lab.ActiveAsync(Token);
        var copying = world.Lab.Guests.Single(static guest => guest.Name is "copying");
        (await generation.VirshAsync(["blockjob", copying.Uuid, "vda", "--info"], Token)).ShouldNotBeEmpty("its copy must still be under way");
    }

    [Fact]
    public async Task Host_images_are_listed_and_compared_and_one_that_is_needed_is_kept()
    {
        var listed = await world.Lab.Hostctl.ReadAsync<ImageListView>(["image", "list"], Token);
        listed.Images.Single(static image => image.Names.Contains(Repository.Trixie)).NeededBy.ShouldContain("gen-1 (active)");
        var compared = await world.Lab.Hostctl.RunAsync(["image", "diff", Repository.Trixie, Repository.Bookworm, "--format", "json"], Token);
        compared.ExitCode.ShouldBe(ExitCodes.ChecksFailed, compared.Describe());
        HostctlDocuments.Read<ImageDiffView>(compared.Output).Packages.ShouldContain(static package => package.Name == "qemu-system-x86" && package.Sensitive);
        (await DockerCli.RunAsync(["ps", "--all", "--quiet", "--filter", "label=hostswap.image-reader"], Token)).Trim().ShouldBeEmpty("nothing is left of the reading");
        var needed = await world.Lab.Hostctl.RunAsync(["image", "remove", Repository.Trixie], Token);
        needed.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, needed.Describe());

        var spare = $"hostswap/unneeded:{Guid.NewGuid():N}";
        var build = await Command.RunAsync("docker", ["build", "--quiet", "--tag", spare, "-"], Token, input: $"FROM {Repository.Trixie}\nLABEL hostswap.test={spare}\n");
        build.ExitCode.ShouldBe(0, build.Describe());
        (await world.Lab.Hostctl.RunAsync(["image", "remove", spare], Token)).ExitCode.ShouldBe(ExitCodes.Done);
        (await world.Lab.Hostctl.ReadAsync<ImageListView>(["image", "list"], Token)).Images.SelectMany(static image => image.Names).ShouldNotContain(spare);
        (await DockerCli.InspectAsync([Repository.Trixie], Token)).Count.ShouldBe(1, "what it was made from is there");
    }

    [Fact]
    public async Task A_swap_that_somebody_holds_begins_nothing_until_it_is_released()
    {
        var before = (await world.Lab.Hostctl.ReadAsync<HistoryView>(["history"], Token)).Operations.Count;
        (await world.Lab.Hostctl.RunAsync(["hold", "--reason", "RAID is being rebuilt", "--until", "1h"], Token)).ExitCode.ShouldBe(ExitCodes.Done);

        var held = await world.Lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Bookworm], Token);

        held.ExitCode.ShouldBe(ExitCodes.Held, held.Describe());
        held.Error.ShouldContain("RAID is being rebuilt");
        (await world.Lab.Hostctl.StatusAsync(Token)).Holds.ShouldHaveSingleItem().Reason.ShouldBe("RAID is being rebuilt");
        (await world.Lab.Hostctl.ReadAsync<HistoryView>(["history"], Token)).Operations.Count.ShouldBe(before, "no operation has begun");
        (await world.Lab.Hostctl.RunAsync(["release"], Token)).ExitCode.ShouldBe(ExitCodes.Done);
        (await world.Lab.Hostctl.StatusAsync(Token)).Holds.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_plan_leaves_no_candidate_behind() => await Oracle.GenerationsAreAsync(world.Lab, active: 1, Token);
}
