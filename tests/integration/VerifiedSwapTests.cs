using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>A swap asks each guest itself whether it is the same, and what is left behind is found afterwards.</summary>
public sealed class VerifiedSwapTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_guest_with_an_agent_is_seen_to_be_in_the_same_boot_and_time()
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "verified swap" }, Token);
        var source = await lab.GenerationAsync(1, Token);
        var guest = await lab.AddGuestAsync(source, new GuestSpec("web") { Agent = true, Disk = DiskFormat.Qcow2 }, Token);
        await GuestAgent.AwaitAsync(source, guest, Token);
        var boot = guest.ReadLog().LastTick!.BootId;

        var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token);

        swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
        var verified = (await lab.Hostctl.LastSwapAsync(Token)).Entries.ShouldHaveSingleItemWhere(
            static entry => entry.Step is "verify", "one VM was verified");
        verified.Subject.ShouldBe(guest.Uuid);
        foreach (var text in new[] { $"same boot, {boot}", "forwards in br0", "vda can be written", "its clock is" }) verified.Observed.ShouldContain(text);
        TestContext.Current.TestOutputHelper?.WriteLine($"{verified.ElapsedMs} ms: {verified.Observed}");
        await Oracle.EveryGuestLivesOnAsync(lab, Token);

        await LeftDefinitionIsFoundAsync(lab, guest);
    }

    /// <summary>libvirt tells of the reboot, which happens inside the QEMU that is being moved; its boot id alone looks like a loss.</summary>
    [Fact]
    public async Task A_guest_that_reboots_while_it_moves_is_told_of_and_is_no_failure()
    {
        // What it fills cannot be compressed: enough for the guest to boot again before the last of it is sent.
        var options = new LabOptions { Purpose = "reboot", Image = Repository.Trixie }.With("migration", "bandwidth_mib_per_second = 8", "max_bandwidth_mib_per_second = 8");
        await using var lab = await OuterHostLab.StartAsync(options, Token);
        var source = await lab.GenerationAsync(1, Token);
        var guest = await lab.AddGuestAsync(source, new GuestSpec("web") { Agent = true, FillMiB = 96, MemoryMiB = 384 }, Token);
        var reboot = await SysRq.PrepareAsync(source, guest, SysRq.Reboot, Token);
        await using var swap = lab.Hostctl.StartSwap("--force", "--image", Repository.Trixie);
        await swap.WaitForLineAsync(
            "the transfer", static line => HostctlDocuments.Read<EventView>(line) is { Event: "moveProgress", ProcessedBytes: > 0 }, Limit, Token);

        await reboot();
        var result = await swap.WaitAsync(Limit, Token);

        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
        HostctlRunner.Events(result.Output).ShouldContain(
            static line => line.Message != null && line.Message.Contains("by a reboot of its own", StringComparison.Ordinal), result.Output);
    }

    /// <summary>The retired generation is stopped: its disk alone can show what is still defined in it.</summary>
    private static async Task LeftDefinitionIsFoundAsync(OuterHostLab lab, Guest guest)
    {
        (await lab.Hostctl.RunAsync(["verify"], Token)).ExitCode.ShouldBe(ExitCodes.Done);
        var directory = Path.Join(lab.Paths.GenerationStates, "1", "etc-libvirt", "qemu");
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Join(directory, "web.xml"), guest.Xml, Token);

        var verify = await lab.Hostctl.RunAsync(["verify", "--format", "json"], Token);

        verify.ExitCode.ShouldBe(ExitCodes.ChecksFailed, verify.Describe());
        var error = HostctlDocuments.Read<ChecksView>(verify.Output).Checks.ShouldHaveSingleItemWhere(static check => check.Status is "error", verify.Output);
        (error.Subject, error.Name).ShouldBe((guest.Name, "definitions"));
        error.Message.ShouldContain("gen-1 and gen-2");
    }
}
