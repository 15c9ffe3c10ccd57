using System.Globalization;
using System.Xml.Linq;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>VMs with a directory of the outer host mounted by virtiofs move with their files open, where both releases can.</summary>
public sealed class SharedDirectoryTests
{
    private const string Tag = "files";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_files_come_along_and_one_that_cannot_keeps_its_vm_where_it_is()
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "shared directory", Image = Repository.Trixie }, Token);
        var generation = await lab.GenerationAsync(1, Token);
        var guests = await lab.AddGuestsAsync(generation, [Sharing(lab, "copied"), Sharing(lab, "handed") with { Prepared = true }], Token);

        await RefusesTheOlderReleaseAsync(lab);
        await using (var witness = Witness.Start(lab.Guests))
        {
            for (var round = 0; round < 2; round++)
            {
                var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--force", "--image", Repository.Trixie], Token);
                swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
                await Oracle.EveryGuestLivesOnAsync(lab, Token);
                foreach (var guest in guests) await LinesGoOnAsync(lab, guest);
            }

            await KeepsAVmWithADeletedOpenFileAsync(lab, guests[0]);
            await Oracle.NobodyRanTwiceAsync(witness);
        }
    }

    private static async Task RefusesTheOlderReleaseAsync(OuterHostLab lab)
    {
        var refused = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Bookworm], Token);
        refused.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, refused.Describe());
        refused.Describe().Contains($"its shared directory {Tag} is served by virtiofsd, which libvirt 9.0.0 of gen-2 does not migrate", StringComparison.Ordinal)
            .ShouldBeTrue(refused.Describe());
    }

    /// <summary>virtiofsd finds what is open by its path, and gives up where there is none any more: the move fails, the VM runs on.</summary>
    private static async Task KeepsAVmWithADeletedOpenFileAsync(OuterHostLab lab, Guest guest)
    {
        await GuestShell.RunAsync(guest.Address, "(exec 9>/mnt/gone; rm /mnt/gone; exec sleep 1000) >/dev/null 2>&1 </dev/null &", Token);
        var before = (await lab.ActiveAsync(Token)).Number;

        var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--force", "--image", Repository.Trixie, "--on-failure", "rollback"], Token);

        swap.ExitCode.ShouldBe(ExitCodes.FailedOldSide, swap.Describe());
        (await lab.ActiveAsync(Token)).Number.ShouldBe(before);
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        foreach (var each in lab.Guests) await LinesGoOnAsync(lab, each);
    }

    /// <summary>Every line that a guest has written is there once, and more come.</summary>
    private static async Task LinesGoOnAsync(OuterHostLab lab, Guest guest)
    {
        var path = Path.Join(Shared(lab, guest.Name), "lines");
        var before = Lines(path).Count;
        await Poll.UntilAsync(
            $"20 more lines of {guest.Name}",
            OuterHostLab.BootLimit,
            _ => Task.FromResult(Lines(path).Count >= before + 20),
            () => string.Join(' ', Lines(path).TakeLast(3)),
            Token);
        var lines = Lines(path);
        lines.ShouldBe(Enumerable.Range(1, lines.Count).Select(static number => number.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>What stands in the file; a last line may be under way.</summary>
    private static List<string> Lines(string path)
    {
        var text = File.ReadAllText(path);
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static GuestSpec Sharing(OuterHostLab lab, string name)
    {
        Directory.CreateDirectory(Shared(lab, name));
        return new GuestSpec(name)
        {
            SharesMemory = true,
            Words = ["hs.http", $"hs.share={Tag}"],
            ExtraDevices =
            [
                new XElement(
                    "filesystem",
                    new XAttribute("type", "mount"),
                    new XElement("driver", new XAttribute("type", "virtiofs")),
                    new XElement("source", new XAttribute("dir", Shared(lab, name))),
                    new XElement("target", new XAttribute("dir", Tag))),
            ],
        };
    }

    private static string Shared(OuterHostLab lab, string name) => Path.Join(lab.GuestDirectory, $"shared-{name}");
}
