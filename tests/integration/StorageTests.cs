using System.Xml.Linq;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>VMs on every ordinary kind of storage go to the newer release and back, and write all the time.</summary>
public sealed class StorageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_kind_of_storage_moves_there_and_back()
    {
        await using var world = await StorageWorld.StartAsync(Repository.Bookworm, Token);
        var lab = world.Lab;
        var owners = await world.OwnersAsync(Token);

        await using (var witness = Witness.Start(lab.Guests))
        {
            foreach (var (image, generation) in new[] { (Repository.Trixie, 2), (Repository.Bookworm, 3) })
            {
                var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--force", "--image", image], Token);
                swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
                await Oracle.EveryGuestLivesOnAsync(lab, Token);
                (await world.OwnersAsync(Token)).ShouldBe(owners);
                await world.EveryDiskIsWrittenAsync(Token);
                (await lab.ActiveAsync(Token)).Number.ShouldBe(generation);
            }

            await Oracle.NobodyRanTwiceAsync(witness);
        }

        await world.EveryImageIsCleanAsync(Token);
    }
}
