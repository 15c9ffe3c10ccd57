using System.Xml.Linq;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>A host that has one of each of what is carried is the same on the new side, but for what the plan has announced.</summary>
public sealed class OneOfEachTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Repository.Bookworm, Repository.Trixie)]
    [InlineData(Repository.Trixie, Repository.Bookworm)]
    [InlineData(Repository.Trixie, Repository.Trixie)]
    public async Task Nothing_differs_afterwards(string from, string to)
    {
        await using var lab = await OuterHostLab.StartAsync(FullWorld.Options(from), Token);
        var old = await lab.GenerationAsync(1, Token);
        var world = await FullWorld.BuildAsync(lab, old, Token);
        await using var witness = Witness.Start(lab.Guests);
        var plan = await lab.Hostctl.ReadAsync<PlanView>(["plan", "--image", to], Token);
        plan.Plan.Blockers.ShouldBeEmpty();

        var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--force", "--image", to], Token);

        swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
        var diff = HostctlDocuments.Read<DiffView>((await lab.Hostctl.RunAsync(["diff", "--format", "json"], Token)).Output);
        diff.Differences.Select(static difference => $"{difference.Kind} {difference.Subject} {difference.What} {difference.Diff}".TrimEnd())
            .ShouldBe(plan.Plan.OfTheImage.Select(static subject => $"extra {subject} only the second has it"), ignoreOrder: true);
        (await lab.Hostctl.RunAsync(["verify"], Token)).ExitCode.ShouldBe(ExitCodes.Done);
        await ComparisonSeesAsync(world, await lab.GenerationAsync(2, Token));
        await ReportShowsAsync(lab);
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
    }

    private static async Task ReportShowsAsync(OuterHostLab lab)
    {
        var swap = (await lab.Hostctl.ReadAsync<HistoryView>(["history"], Token)).Operations.First(static operation => operation.Kind == "swap");
        var report = await lab.Hostctl.RunAsync(["report", $"{swap.Id}", "--html"], Token);
        report.ExitCode.ShouldBe(ExitCodes.Done, report.Describe());
        report.Error.ShouldBeEmpty();
        var page = XElement.Parse(report.Output[report.Output.IndexOf("<html", StringComparison.Ordinal)..]);
        var picture = page.Descendants().Single(static element => element.Name.LocalName is "svg");
        picture.Elements().Where(static element => element.Attribute("class")?.Value is "name").Select(static element => element.Value)
            .ShouldBeSubsetOf([.. lab.Guests.Select(static guest => guest.Name), "host", "canaries"]);
        picture.Elements().Count(static element => element.Attribute("class")?.Value is "blackout").ShouldBe(5, "those that were moved while they ran, or were paused");
        picture.Elements().ShouldNotContain(static element => element.Attribute("class")!.Value == "failed");
    }

    /// <summary>What no comparison of hostctl's own is believed for.</summary>
    private static async Task ComparisonSeesAsync(FullWorld world, Generation target)
    {
        var web = XElement.Parse(await target.VirshAsync(["dumpxml", world.Web.Uuid], Token));
        web.Element("title")?.Value.ShouldBe(FullWorld.Title);
        web.Element("metadata")!.ToString().ShouldContain("urn:example:tenant");
        web.Descendants("filterref").Single().Attribute("filter")?.Value.ShouldBe(FullWorld.Filter);
        (await target.VirshAsync(["nwfilter-binding-list"], Token)).ShouldContain(FullWorld.Filter);
        (await target.VirshAsync(["net-dhcp-leases", FullWorld.Network], Token)).ShouldContain(world.Lease);
        (await target.VirshAsync(["net-dumpxml", FullWorld.Network], Token)).ShouldContain(FullWorld.Reserved);
        (await target.VirshAsync(["snapshot-current", world.Shot.Uuid, "--name"], Token)).Trim().ShouldBe(FullWorld.Moment);
        (await target.VirshAsync(["snapshot-current", world.Spare.Uuid, "--name"], Token)).Trim().ShouldBe(FullWorld.Moment);
        (await target.VirshAsync(["checkpoint-list", world.Point.Uuid, "--name"], Token)).ShouldContain(FullWorld.Moment);
        // "list --with-managed-save" is what libvirtd found when it started.
        (await target.VirshAsync(["managedsave-dumpxml", world.Saved.Uuid], Token)).ShouldContain(world.Saved.Uuid);
        (await target.VirshAsync(["list", "--transient", "--name"], Token)).Trim().ShouldBe(world.Fleeting.Name);
        (await target.VirshAsync(["secret-get-value", FullWorld.Secret], Token)).Trim().ShouldBe(FullWorld.Value);
        (await target.RunAsync(["cat", FullWorld.KeyFile], Token)).ShouldBe(FullWorld.Key);
        (await target.RunAsync(["mdevctl", "list", "--defined"], Token)).ShouldContain(FullWorld.MediatedDevice);
        (await target.RunAsync(["ls", "/var/lib/libvirt/swtpm"], Token)).ShouldContain(world.Firm.Uuid);
    }
}
