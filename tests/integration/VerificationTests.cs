using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>
/// <c>hostctl verify</c> finds what is wrong, by its name, and nothing else; each test breaks one thing and mends it.
/// </summary>
public sealed class VerificationTests(VerifiedWorld world) : IClassFixture<VerifiedWorld>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_healthy_host_is_green_and_its_guest_tells_its_boot_id()
    {
        await GuestAgent.AwaitAsync(world.Generation, world.Web, Token);

        var (result, view) = await VerifyAsync();

        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
        view.Schema.ShouldBe("hostswap/verify/1");
        view.Healthy.ShouldBeTrue();
        Of(view, "web").ShouldBe(["agent", "disks", "network", "qemu"], ignoreOrder: true);
        Of(view, "paused").ShouldBe(["disks", "network", "qemu"], ignoreOrder: true);
        Of(view, "spare").ShouldBe(["qemu"]);
        view.Checks.Single(check => check.Name is "agent").Message.ShouldContain(world.Web.ReadLog().LastTick!.BootId);
        TestContext.Current.TestOutputHelper?.WriteLine(result.Output);
    }

    [Fact]
    public async Task A_tap_out_of_its_bridge_is_red()
    {
        var tap = await TapAsync();
        await world.Generation.RunAsync(["ip", "link", "set", tap, "nomaster"], Token);

        await IsRedUntilAsync(
            () => world.Generation.RunAsync(["ip", "link", "set", tap, "master", "br0"], Token), "web", "network", tap, "br0");
    }

    [Fact]
    public async Task A_tap_that_does_not_forward_is_red()
    {
        var tap = await TapAsync();
        await world.Generation.RunAsync(["bridge", "link", "set", "dev", tap, "state", "0"], Token);

        await IsRedUntilAsync(
            () => world.Generation.RunAsync(["bridge", "link", "set", "dev", tap, "state", "3"], Token), "web", "network", tap, "does not forward");
    }

    [Fact]
    public async Task A_disk_of_a_wrong_owner_is_red()
    {
        await world.Generation.RunAsync(["chown", "root:root", world.Web.DiskPath!], Token);

        await IsRedUntilAsync(
            () => world.Generation.RunAsync(["chown", "libvirt-qemu:kvm", world.Web.DiskPath!], Token), "web", "disk-owner", world.Web.DiskPath!, "0:0");
    }

    [Fact]
    public async Task An_image_that_was_replaced_under_its_QEMU_is_red()
    {
        var aside = world.Web.DiskPath + ".aside";
        await world.Generation.RunAsync(["mv", world.Web.DiskPath!, aside], Token);
        await world.Generation.RunAsync(["cp", "--preserve", aside, world.Web.DiskPath!], Token);

        await IsRedUntilAsync(() => world.Generation.RunAsync(["mv", aside, world.Web.DiskPath!], Token), "web", "disks", "vda", world.Web.DiskPath!);
    }

    [Fact]
    public async Task A_failed_unit_is_red()
    {
        await world.Generation.TryAsync(["systemd-run", "--unit=broken", "--wait", "false"], Token);

        await IsRedUntilAsync(
            () => world.Generation.RunAsync(["systemctl", "reset-failed", "broken.service"], Token), "gen-1", "units", "broken.service");
    }

    [Fact]
    public async Task A_link_to_another_generation_is_red()
    {
        var right = new FileInfo(world.Lab.Paths.ActiveLink).LinkTarget!;
        File.Delete(world.Lab.Paths.ActiveLink);
        File.CreateSymbolicLink(world.Lab.Paths.ActiveLink, "generations/9");

        await IsRedUntilAsync(
            () =>
            {
                File.Delete(world.Lab.Paths.ActiveLink);
                File.CreateSymbolicLink(world.Lab.Paths.ActiveLink, right);
                return Task.CompletedTask;
            },
            subject: null,
            "active-link",
            "gen-1");
    }

    [Fact]
    public async Task A_generation_that_Docker_would_not_start_again_is_red()
    {
        await DockerCli.RunAsync(["update", "--restart", "no", world.Generation.Container], Token);

        await IsRedUntilAsync(
            () => DockerCli.RunAsync(["update", "--restart", "unless-stopped", world.Generation.Container], Token), subject: null, "restart", "gen-1");
    }

    /// <summary>Verification names the one fault, and is content once it is mended; it is mended whatever comes out.</summary>
    private async Task IsRedUntilAsync(Func<Task> mend, string? subject, string name, params string[] named)
    {
        var (result, view) = await VerifyAsync();
        await mend();

        result.ExitCode.ShouldBe(ExitCodes.ChecksFailed, result.Describe());
        view.Healthy.ShouldBeFalse();
        var error = view.Checks.ShouldHaveSingleItemWhere(static check => check.Status is "error", result.Output);
        (error.Subject, error.Name).ShouldBe((subject, name), error.Message);
        foreach (var text in named) error.Message.ShouldContain(text);
        error.Fix.ShouldNotBeNullOrWhiteSpace();
        (result, _) = await VerifyAsync();
        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
    }

    private async Task<(CommandResult Result, ChecksView View)> VerifyAsync()
    {
        var result = await world.Lab.Hostctl.RunAsync(["verify", "--format", "json"], Token);
        return (result, HostctlDocuments.Read<ChecksView>(result.Output));
    }

    private async Task<string> TapAsync() =>
        DockerCli.Lines(await world.Generation.VirshAsync(["domiflist", world.Web.Uuid], Token))[0].Split(' ')[0];

    private static IEnumerable<string> Of(ChecksView view, string subject) =>
        view.Checks.Where(check => string.Equals(check.Subject, subject, StringComparison.Ordinal)).Select(check => check.Name);
}
