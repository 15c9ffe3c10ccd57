using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>The operator's own files are in a new generation as they were in the old one, and read by what reads them.</summary>
public sealed class CarriedFilesTests
{
    private const string Key = "/etc/ssh/ssh_host_lab_key";
    private const string Hook = "/etc/libvirt/hooks/network";
    private const string Overlay = "/etc/greeting.d";
    private const string Unit = "/etc/systemd/system/greet.service";

    private static readonly string[] Entries = [Key, Hook, Overlay, $"{Overlay}/word", $"{Overlay}/inside", $"{Overlay}/inside/link", Unit];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Repository.Bookworm, Repository.Trixie)]
    [InlineData(Repository.Trixie, Repository.Bookworm)]
    public async Task Files_come_along_and_units_read_them(string from, string to)
    {
        var options = new LabOptions { Purpose = "files", Image = from }
            .With("carry", $"files = [\"{Key}\", \"{Hook}\", \"{Overlay}\", \"{Unit}\"]", "reload = [\"greet.service\"]")
            .With("generation", "soak = \"1h\"");
        await using var lab = await OuterHostLab.StartAsync(options, Token);
        var source = await lab.GenerationAsync(1, Token);
        await MakeAsync(source);
        await APipeIsABlockerAsync(lab, source, to);

        var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", to], Token);

        swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
        var target = await lab.GenerationAsync(2, Token);
        foreach (var path in Entries)
            (await DescribeAsync(target, path)).ShouldBe(await DescribeAsync(source, path));
        (await target.RunAsync(["cat", Key], Token)).ShouldBe("a secret");
        (await target.RunAsync(["cat", "/run/greeted"], Token)).ShouldBe("hello", "the unit, itself a file that came along, has read another");
        (await DiffAsync(lab)).Where(static difference => difference.Kind is not "extra").ShouldBeEmpty();

        await target.RunAsync(["tee", $"{Overlay}/word"], Token, "good bye\n");
        (await DiffAsync(lab)).ShouldHaveSingleItemWhere(static difference => difference.Kind is "changed", "what differs").Subject.ShouldBe($"file {Overlay}");
        (await lab.Hostctl.RunAsync(["rollback", "--yes"], Token)).ExitCode.ShouldBe(ExitCodes.Done);
        (await source.RunAsync(["cat", $"{Overlay}/word"], Token)).ShouldBe("good bye", "what was changed since goes back as well");
    }

    private static async Task MakeAsync(Generation generation)
    {
        await generation.RunAsync(["mkdir", "-p", "/etc/ssh", $"{Overlay}/inside"], Token);
        await generation.RunAsync(["tee", Key], Token, "a secret\n");
        await generation.RunAsync(["chmod", "600", Key], Token);
        await generation.RunAsync(["tee", Hook], Token, "#!/bin/sh\nexit 0\n");
        await generation.RunAsync(["chmod", "755", Hook], Token);
        await generation.RunAsync(["tee", $"{Overlay}/word"], Token, "hello\n");
        await generation.RunAsync(["chown", "33:44", $"{Overlay}/word"], Token);
        await generation.RunAsync(["ln", "-s", "/proc/self/mem", $"{Overlay}/inside/link"], Token);
        await generation.RunAsync(["touch", "-d", "2001-02-03 04:05:06.789", Key, Overlay], Token);
        await generation.RunAsync(["tee", Unit], Token, $"[Service]\nType=oneshot\nExecStart=/bin/cp {Overlay}/word /run/greeted\n");
    }

    private static async Task APipeIsABlockerAsync(OuterHostLab lab, Generation source, string image)
    {
        var times = await DescribeAsync(source, Overlay);
        await source.RunAsync(["mkfifo", $"{Overlay}/pipe"], Token);

        var refused = await lab.Hostctl.RunAsync(["plan", "--image", image, "--format", "json"], Token);

        refused.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, refused.Describe());
        HostctlDocuments.Read<PlanView>(refused.Output).Plan.Blockers
            .ShouldHaveSingleItemWhere(static blocker => blocker.Code is "carry", "blockers of [carry]").Subject.ShouldBe(Overlay);
        await source.RunAsync(["rm", $"{Overlay}/pipe"], Token);
        await source.RunAsync(["touch", "-d", "2001-02-03 04:05:06.789", Overlay], Token);
        (await DescribeAsync(source, Overlay)).ShouldBe(times);
    }

    private static Task<string> DescribeAsync(Generation generation, string path) =>
        generation.RunAsync(["stat", "--format=%F %u:%g %a %y %N", path], Token);

    private static async Task<IReadOnlyList<DifferenceView>> DiffAsync(OuterHostLab lab) =>
        HostctlDocuments.Read<DiffView>((await lab.Hostctl.RunAsync(["diff", "--format", "json"], Token)).Output).Differences;
}
