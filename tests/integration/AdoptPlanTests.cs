using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>What would break by an adoption is told before, VM by VM; and nothing is left of an adoption that was only planned, or refused.</summary>
public sealed class AdoptPlanTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static LabOptions Options(string purpose) => new LabOptions { Purpose = purpose, Image = Repository.Trixie };

    [Fact]
    public async Task Everything_that_would_break_is_a_blocker_with_its_fix()
    {
        await using var server = await OrdinaryServer.StartAsync(Repository.Bookworm, Options("adopt, blockers"), Token, shared: false);
        var (lab, libvirt) = (server.Lab, server.Libvirt);
        var off = new GuestSpec("") { State = GuestState.ShutOff };
        await libvirt.VirshAsync(["net-define", "/dev/stdin"], Token, "<network><name>default</name><forward mode='nat'/><bridge name='virbr0'/><ip address='192.168.122.1' prefix='24'/></network>");
        // A bridge of the name that generations have, which leads elsewhere here.
        await libvirt.RunAsync(["ip", "link", "add", "br0", "type", "bridge"], Token);
        await lab.AddGuestsAsync(
            libvirt,
            [
                new GuestSpec("runs") { Bridge = server.Bridge, Disk = DiskFormat.Qcow2, DiskDirectory = "/var/lib/libvirt/images" },
                off with { Name = "private", Uuid = Guid.NewGuid(), Bridge = server.Bridge, Disk = DiskFormat.Qcow2, DiskDirectory = "/srv/private" },
                off with { Name = "elsewhere", Uuid = Guid.NewGuid() },
                off with { Name = "nat", Uuid = Guid.NewGuid(), Bridge = null, Network = "default" },
            ],
            Token);

        var text = await lab.Hostctl.RunAsync(["adopt", "--dry-run"], Token);
        text.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, text.Describe());
        var result = await lab.Hostctl.RunAsync(["adopt", "--dry-run", "--format", "json"], Token);
        result.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, result.Describe());
        var blockers = HostctlDocuments.Read<PlanView>(result.Output).Plan.Blockers;
        blockers.ShouldContain(blocker => blocker.Subject == "runs" && blocker.Code == "storage" && blocker.Fix.Contains("storage.images", StringComparison.Ordinal));
        blockers.ShouldContain(blocker => blocker.Subject == "private" && blocker.Code == "storage" && blocker.Fix.Contains("storage.shared", StringComparison.Ordinal));
        blockers.ShouldContain(blocker => blocker.Subject == "elsewhere" && blocker.Code == "bridge" && blocker.Fix.Contains("docker.outer_bridge", StringComparison.Ordinal));
        blockers.ShouldContain(blocker => blocker.Subject == "nat" && blocker.Code == "network" && blocker.Fix.Contains("adopt.cut_networks", StringComparison.Ordinal));

        var refused = await lab.Hostctl.RunAsync(["adopt", "--yes"], Token);
        refused.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, refused.Describe());
        (await lab.Hostctl.StatusAsync(Token)).Generations.ShouldBeEmpty();
        (await libvirt.DomainsAsync(Token)).Count.ShouldBe(4);
        // The operator's word, and directories that generations share, answer the most.
        await server.ConfigureAsync(Options("adopt, blockers").With("adopt", "cut_networks = [\"default\"]"), shared: true, Token);
        var left = HostctlDocuments.Read<PlanView>((await lab.Hostctl.RunAsync(["adopt", "--dry-run", "--format", "json"], Token)).Output).Plan;
        left.Blockers.Select(static blocker => blocker.Subject).ShouldBe(["private", "elsewhere"], ignoreOrder: true);
        left.Warnings.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Without_libvirt_dbus_it_says_what_to_install()
    {
        await using var server = await OrdinaryServer.StartAsync(Repository.Bookworm, Options("adopt without libvirt-dbus"), Token);
        foreach (var place in new[] { "/usr/share", "/usr/local/share" })
            await server.Libvirt.RunAsync(["rm", "-f", $"{place}/dbus-1/system-services/org.libvirt.service"], Token);
        await server.Libvirt.RunAsync(["systemctl", "disable", "--now", "libvirt-dbus.service"], Token);
        await server.Libvirt.RunAsync(["systemctl", "reload", "dbus.service"], Token);

        var result = await server.Lab.Hostctl.RunAsync(["adopt", "--yes"], Token);

        result.ExitCode.ShouldBe(ExitCodes.Environment, result.Describe());
        result.Error.ShouldContain("apt install libvirt-dbus");
        (await server.Lab.Hostctl.StatusAsync(Token)).Generations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_generation_that_was_started_before_is_used_while_it_is_empty()
    {
        await using var server = await OrdinaryServer.StartAsync(Repository.Trixie, Options("adopt into gen-1"), Token);
        var lab = server.Lab;
        (await lab.Hostctl.RunAsync(["start"], Token)).Succeeded();
        var container = (await lab.GenerationAsync(1, Token)).Container;
        await server.AddGuestAsync(new GuestSpec("web") { Disk = DiskFormat.Qcow2 }, Token);

        (await lab.Hostctl.RunAsync(["adopt", "--dry-run"], Token)).Succeeded();
        (await lab.Hostctl.StatusAsync(Token)).Active.Number.ShouldBe(1);
        (await lab.GenerationAsync(1, Token)).Container.ShouldBe(container, "a dry run leaves it as it is");
        (await lab.Hostctl.RunAsync(["adopt", "--yes"], Token)).Succeeded();

        var status = await lab.Hostctl.StatusAsync(Token);
        status.Active.Number.ShouldBe(1);
        status.Vms.ShouldHaveSingleItem().Generation.ShouldBe(1);
        (await lab.GenerationAsync(1, Token)).Container.ShouldBe(container);
        (await lab.Hostctl.RunAsync(["adopt", "--yes"], Token)).ExitCode.ShouldBe(ExitCodes.Usage, "gen-1 holds a VM now");
    }
}
