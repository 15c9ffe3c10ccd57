using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>After a swap the old generation soaks, a rollback goes back to it, and a retirement ends the soak.</summary>
public sealed class RollbackTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_old_generation_soaks_a_rollback_starts_nothing_and_a_retirement_refuses_what_others_put_there()
    {
        var options = new LabOptions { Purpose = "rollback", Image = Repository.Bookworm }.With("generation", "soak = \"1h\"");
        await using var lab = await OuterHostLab.StartAsync(options, Token);
        await lab.AddGuestsAsync(
            await lab.GenerationAsync(1, Token),
            [new GuestSpec("web") { Disk = DiskFormat.Qcow2, Autostart = true }, new GuestSpec("spare") { State = GuestState.ShutOff, Autostart = true }],
            Token);
        await using var witness = Witness.Start(lab.Guests);
        await MustAsync(lab, ["swap", "--yes", "--image", Repository.Trixie]);
        var started = await StartedAtAsync(lab, 1);

        (await lab.Hostctl.RunAsync(["retire"], Token)).ExitCode.ShouldBe(ExitCodes.NothingToDo);
        await MustAsync(lab, ["plan", "--rollback"]);
        (await StartedAtAsync(lab, 1)).ShouldBe(started, "a plan must not end the soak");
        await MustAsync(lab, ["rollback", "--yes"]);

        (await StartedAtAsync(lab, 1)).ShouldBe(started, "the rollback must find the old generation running");
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
        await Oracle.GenerationsAreAsync(lab, active: 1, Token, others: 2);
        await AnIntruderKeepsItFromBeingRetiredAsync(lab);
    }

    private static async Task AnIntruderKeepsItFromBeingRetiredAsync(OuterHostLab lab)
    {
        var soaking = await lab.GenerationAsync(2, Token);
        var intruder = await lab.AddGuestAsync(soaking, new GuestSpec("intruder") { Persistent = false }, Token);

        var refused = await lab.Hostctl.RunAsync(["retire", "--now"], Token);
        refused.ExitCode.ShouldNotBe(ExitCodes.Done);
        refused.Error.ShouldContain("QEMU process");
        await OuterHostLab.WaitForTicksAsync(intruder, 3, Token);

        await soaking.VirshAsync(["destroy", intruder.Uuid], Token);
        await MustAsync(lab, ["retire", "--now"]);
        await Oracle.IsRetiredAsync(lab, 2, Token);
    }

    private static async Task MustAsync(OuterHostLab lab, IReadOnlyList<string> arguments)
    {
        var result = await lab.Hostctl.RunAsync(arguments, Token);
        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
    }

    private static async Task<string> StartedAtAsync(OuterHostLab lab, int number) => await DockerCli.RunAsync(
        ["inspect", "--format", "{{.State.StartedAt}} {{.State.Running}}", (await lab.GenerationAsync(number, Token)).Container], Token);
}
