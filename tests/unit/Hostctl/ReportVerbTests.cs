using System.Xml.Linq;
using HostSwap.Hostctl;
using HostSwap.Hostctl.Reporting;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Refreshing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class ReportVerbTests : IDisposable
{
    private const string Hostile = "<script>alert(1)</script>\u001b[31m";

    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task A_report_is_one_page_that_needs_nothing_else()
    {
        (await _hostctl.RunAsync("report", "7", "--html")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldStartWith("<!DOCTYPE html>\n<html lang=\"en\">");
        foreach (var foreign in new[] { "<script", "http-equiv", "<link", "<img", "src=", "@import", "url(" }) _hostctl.Out.ShouldNotContain(foreign);
        _hostctl.Out.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal).ShouldNotContain("://");
        _hostctl.Out.ShouldContain("prefers-color-scheme: dark");
        foreach (var text in new[] { "swap 7: done", "gen-1 to gen-2", "db01", "515 MiB", "51 ms", "StartCandidate" }) _hostctl.Out.ShouldContain(text);
        _hostctl.Out.ShouldContain("one of its images is not on this machine");
        _hostctl.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("report", "7")]
    [InlineData("report", "--html")]
    [InlineData("report", "8", "--html")]
    public async Task What_cannot_be_reported_is_told(params string[] arguments) => (await _hostctl.RunAsync(arguments)).ShouldBe(ExitCode.Usage);

    [Fact]
    public void What_others_wrote_stays_text()
    {
        var page = Read(Page(Details(Hostile)));

        page.Descendants("script").ShouldBeEmpty();
        page.Descendants().Count(static element => element.Value.Contains("<script>alert(1)</script>\\e[31m", StringComparison.Ordinal)).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Bars_and_blackouts_are_to_scale()
    {
        var timeline = Timeline.Of(Details("db01"));

        timeline.Length.ShouldBe(TimeSpan.FromSeconds(12.5));
        timeline.Lanes.Select(static lane => lane.Name).ShouldBe(["host", "canaries", "db01"]);
        timeline.Lanes[2].Blackout.ShouldBe((TimeSpan.FromMilliseconds(7500), TimeSpan.FromSeconds(8)));
        timeline.Lanes[2].Segments.Select(static segment => (segment.Phase, segment.Failed)).ShouldBe([(Phase.Move, false), (Phase.Care, true)]);
        var picture = TimelinePicture.Draw(timeline);
        var (move, blackout) = (Bar(picture, "move"), Bar(picture, "blackout"));
        (move.Width / blackout.Width).ShouldBe(8, 0.1, "4 s to 500 ms");
        (move.X + move.Width).ShouldBe(blackout.X + blackout.Width, 0.1);
    }

    [Fact]
    public void An_operation_that_died_is_drawn_as_far_as_it_came()
    {
        var details = Details("db01");
        details = details with { Operation = details.Operation with { Result = OperationResult.Running, FinishedAt = null } };

        Timeline.Of(details).Length.ShouldBe(TimeSpan.FromSeconds(9));
        Page(details).ShouldContain("no end is recorded");
        Read(Page(details with { Entries = [], Moves = [] })).Descendants("h1").Single().Value.ShouldBe("swap 7: running");
    }

    [Fact]
    public void Packages_are_named_where_their_images_are_there()
    {
        var image = new StoredImage("sha256:0", [], Samples.At, 1, new Dictionary<string, string>());
        var page = ReportPage.Make(Details("db01"), new ImageComparison(image, image, [new PackageChange("qemu-system-x86", "1", "2", Sensitive: true)]), TimeZoneInfo.Utc);

        page.ShouldContain("1 package changed");
        page.ShouldContain("qemu-system-x86");
    }

    [Fact]
    public void A_refresh_tells_of_its_stages_and_warnings()
    {
        var refresh = new RefreshRecord(4, Scheduled: true, Samples.At, RefreshOutcome.Done, "done")
        {
            Window = new OpenWindow("night", Samples.At, Samples.At.AddHours(3)),
            Warnings = ["<b>no VM is handed over</b>"],
            Stages = [new RefreshStageRecord(RefreshStage.Build, Samples.At, Samples.At.AddMinutes(2), "it is built")],
            Updates = new UpdateReport(Samples.At, "image", "a", "b", [new PendingUpdate("libvirt0", "1", "2", "Debian-Security:13/stable-security", Security: true)], RecipeChanged: false),
        };

        var page = ReportPage.Make(Details("db01"), packages: null, TimeZoneInfo.Utc, refresh);

        foreach (var text in new[] { "Refresh 4", "It began by itself in window night", "&lt;b&gt;no VM is handed over", "build", "2 min 00 s", "it is built", "1 package for which it was begun", "Debian-Security:13/stable-security" })
            page.ShouldContain(text);
    }

    private static string Page(OperationDetails details) => ReportPage.Make(details, packages: null, TimeZoneInfo.Utc);

    private static XElement Read(string page) => XElement.Parse(page["<!DOCTYPE html>\n".Length..]);

    private static (double X, double Width) Bar(XElement picture, string kind)
    {
        var bar = picture.Elements().Single(element => element.Name.LocalName is "rect" && element.Attribute("class")?.Value == kind);
        return ((double)bar.Attribute("x")!, (double)bar.Attribute("width")!);
    }

    private static OperationDetails Details(string name)
    {
        var (at, vm) = (Samples.At, Samples.Db.ToString());
        return new OperationDetails(
            Samples.Operation(),
            [
                new(1, 7, "generation", "gen-2", "{}", EntryResult.Done, "it runs", at, at.AddSeconds(2)),
                new(2, 7, "canary-move", Guid.NewGuid().ToString(), "{}", EntryResult.Done, "copied", at.AddSeconds(2), at.AddSeconds(3)),
                new(3, 7, "migrate", vm, "{}", EntryResult.Done, "one owner", at.AddSeconds(4), at.AddSeconds(8)),
                new(4, 7, "restore-owner", vm, "{}", EntryResult.Failed, "no such file", at.AddSeconds(8), at.AddSeconds(9)),
            ],
            [new(Samples.Db, name, "Copy", "Verified", "as before", true, 540_000_000, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(4.2))]);
    }
}
