using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>
/// While a VM changes the host, its image is guarded against a third who would write to it, but for the one moment, within its
/// blackout, in which one QEMU has let go of it and the other has not taken hold: both say by the same lock that nobody else
/// may write, so that they cannot have it at once.
/// </summary>
public sealed class ThirdOpenerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_image_is_left_unguarded_once_at_most_as_it_changes_hands()
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "third opener", Image = Repository.Bookworm }, Token);
        await lab.AddGuestsAsync(
            await lab.GenerationAsync(1, Token),
            [
                new GuestSpec("copied") { Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 256 },
                new GuestSpec("handed-over") { Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 256, Prepared = true },
            ],
            Token);
        foreach (var image in new[] { Repository.Trixie, Repository.Bookworm })
        {
            await using var locks = LockWatch.Start([.. lab.Guests.Select(static guest => guest.DiskPath!)]);
            var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--force", "--image", image], Token);
            swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
            var unguarded = await locks.StopAsync();
            unguarded.GroupBy(static time => time.Image, StringComparer.Ordinal).ShouldAllBe(static times => times.Count() == 1, string.Join("; ", unguarded));
            locks.Looks.ShouldBeGreaterThan(1000);
            foreach (var guest in lab.Guests)
            {
                var third = await (await lab.ActiveAsync(Token)).TryAsync(["qemu-io", "-f", "qcow2", "-c", "write 0 512", guest.DiskPath!], Token);
                third.ExitCode.ShouldNotBe(0, third.Describe());
                third.Describe().ShouldContain("lock");
            }
        }
    }
}
