using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>A VM's name is anybody's text. Whatever libvirt accepts is carried across and shown without harm.</summary>
public sealed class HostileNameTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Options, shell, markup, XML, terminal and path tricks, and plain length.</summary>
    private static IReadOnlyList<string> Names =>
    [
        "-rf",
        "--all",
        "$(reboot)",
        "a'b\"c`d",
        "[red]bold[/]",
        "[/]",
        "<name>&amp;",
        "naïve-日本語-🐧",
        "two words",
        "..",
        "%s%n",
        new('x', 200),
    ];

    [Fact]
    public async Task Every_name_that_libvirt_accepts_survives_a_swap()
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "names", Image = Repository.Bookworm }, Token);
        var source = await lab.GenerationAsync(1, Token);
        var accepted = await DefineAsync(lab, source);
        accepted.Count.ShouldBeGreaterThan(8, "names that libvirt accepts");
        var running = await lab.AddGuestAsync(source, new GuestSpec("[bold]-run 'n' \"ing\"") { Disk = DiskFormat.Raw }, Token);

        var plain = await lab.Hostctl.RunAsync(["vm", "list"], Token);
        var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token);

        plain.ExitCode.ShouldBe(ExitCodes.Done, plain.Describe());
        plain.Output.ShouldNotContain("\u001b[");
        swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
        var status = await lab.Hostctl.StatusAsync(Token);
        status.Vms.Select(static vm => vm.Name).Order(StringComparer.Ordinal)
            .ShouldBe(accepted.Append(running.Name).Order(StringComparer.Ordinal));
        status.Vms.ShouldAllBe(static vm => vm.Generation == 2);
        await OuterHostLab.WaitForTicksAsync(running, 5, Token);
        running.ReadLog().Judge().Problems.ShouldBeEmpty();
    }

    private static async Task<List<string>> DefineAsync(OuterHostLab lab, Generation generation)
    {
        List<string> accepted = [];
        foreach (var name in Names)
        {
            var guest = await lab.PrepareGuestAsync(generation, new GuestSpec(name) { State = GuestState.ShutOff }, Token);
            var result = await generation.TryAsync(["virsh", "--quiet", "define", "/dev/stdin"], Token, guest.Xml);
            if (result.ExitCode == 0) accepted.Add(name);
        }

        return accepted;
    }
}
