using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>
/// A paused VM that is moved again before anybody resumed it. QEMU before 10.0 dies in that second move when the VM has a disk:
/// its image was never activated after the first arrival, and inactivating it once more fails an assertion. The VM would be
/// lost, so the product must refuse the move or make it safe.
/// </summary>
public sealed class PausedVmTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_paused_VM_survives_a_second_swap_without_having_been_resumed()
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "paused twice", Image = Repository.Trixie }, Token);
        var source = await lab.GenerationAsync(1, Token);
        var guest = await lab.AddGuestAsync(source, new GuestSpec("paused") { State = GuestState.Paused, Disk = DiskFormat.Raw }, Token);

        var first = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Bookworm], Token);
        first.ExitCode.ShouldBe(ExitCodes.Done, first.Describe());
        var second = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token);

        new[] { ExitCodes.Done, ExitCodes.RefusedByPlan }.ShouldContain(second.ExitCode, second.Describe());
        TestContext.Current.TestOutputHelper?.WriteLine(second.Describe());
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        var active = await lab.ActiveAsync(Token);
        await active.VirshAsync(["resume", guest.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(guest, 10, Token);
        guest.ReadLog().Judge().Problems.ShouldBeEmpty();
    }
}
