using HostSwap.Hostctl;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Inventory;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class ImageVerbTests : IDisposable
{
    private static readonly StoredImage Trixie = new(
        "sha256:0123456789abcdef", ["hostswap/host:trixie"], Samples.At, 433L << 20,
        new Dictionary<string, string>(StringComparer.Ordinal) { ["hostswap.image.suite"] = "trixie", ["hostswap.version.qemu"] = "1:10.0.2" });

    private readonly Harness _hostctl = new();

    public ImageVerbTests() => _hostctl.Host.Images.AddRange([new HostImage(Trixie, ["gen-2 (active)"]), new HostImage(Trixie with { Id = "sha256:fedcba", Names = [] }, [])]);

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task List_says_what_there_is_and_what_needs_it()
    {
        (await _hostctl.RunAsync("image", "list")).ShouldBe(ExitCode.Done);

        foreach (var text in new[] { "hostswap/host:trixie", "1:10.0.2", "433 MiB", "gen-2 (active)", "without a name" }) _hostctl.Out.ShouldContain(text);
    }

    [Fact]
    public async Task List_as_json_has_the_documented_shape()
    {
        await _hostctl.RunAsync("image", "list", "--format", "json");

        _hostctl.Json.GetProperty("schema").GetString().ShouldBe("hostswap/image-list/1");
        _hostctl.Json.GetProperty("images")[0].EnumerateObject().Select(static member => member.Name).ShouldBe(["id", "names", "createdAt", "bytes", "labels", "neededBy"]);
    }

    [Fact]
    public async Task Diff_names_every_package_and_its_status_says_whether_there_is_one()
    {
        (await _hostctl.RunAsync("image", "diff")).ShouldBe(ExitCode.Done);
        _hostctl.Out.ShouldContain("No package changes.");

        _hostctl.Host.Packages.AddRange([new PackageChange("qemu-system-x86", "1:10.0.2", "1:10.0.3", Sensitive: true), new PackageChange("nano", null, "8.4", Sensitive: false)]);
        (await _hostctl.RunAsync("image", "diff", "0123456789ab", "hostswap/host:trixie")).ShouldBe(ExitCode.ChecksFailed);
        _hostctl.Host.Calls.ShouldContain("compare images 0123456789ab hostswap/host:trixie");
        foreach (var text in new[] { "nano", "8.4", "2 packages in all: 1 in another version, 1 added, 0 removed." }) _hostctl.Out.ShouldContain(text);
    }

    [Fact]
    public async Task One_that_is_needed_is_not_removed()
    {
        (await _hostctl.RunAsync("image", "remove", "hostswap/host:trixie")).ShouldBe(ExitCode.Done);
        _hostctl.Out.ShouldContain("Removed hostswap/host:trixie");

        _hostctl.Host.Failure = new ImageNeededException("hostswap/host:trixie", ["gen-2 (active)", "the configuration"]);
        (await _hostctl.RunAsync("image", "remove", "hostswap/host:trixie")).ShouldBe(ExitCode.RefusedByPlan);
        _hostctl.Error.ShouldContain("is needed by gen-2 (active), the configuration, and was not removed");
        (await _hostctl.RunAsync("image", "remove")).ShouldBe(ExitCode.Usage);
        (await _hostctl.RunAsync("image")).ShouldBe(ExitCode.Usage);
    }
}
