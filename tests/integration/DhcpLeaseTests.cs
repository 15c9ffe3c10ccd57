using System.Xml.Linq;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>What addresses guests have from a libvirt network is known to the dnsmasq of the next generation.</summary>
public sealed class DhcpLeaseTests
{
    private const string Network = "private";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_that_a_guest_has_is_given_to_nobody_else_there_and_back()
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "leases", Image = Repository.Bookworm }, Token);
        var old = await lab.GenerationAsync(1, Token);
        await DefineAsync(old);
        var guests = await lab.AddGuestsAsync(old, [Client("first"), Client("second")], Token);
        var (first, second) = (guests[0], guests[1]);
        var address = await DhcpClient.AskAsync(first, null, Token);

        foreach (var (number, image) in new[] { (2, Repository.Trixie), (3, Repository.Bookworm) })
        {
            var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", image], Token);

            swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
            (await (await lab.GenerationAsync(number, Token)).VirshAsync(["net-dhcp-leases", Network], Token)).ShouldContain(address);
            // dnsmasq gives anybody what he asks for, as far as it knows of nobody who has it.
            (await DhcpClient.AskAsync(second, address, Token)).ShouldNotBe(address);
            (await DhcpClient.AskAsync(first, address, Token)).ShouldBe(address);
        }

        await Oracle.EveryGuestLivesOnAsync(lab, Token);
    }

    /// <summary>An isolated one; the subnet is nobody's outside of the generation.</summary>
    private static async Task DefineAsync(Generation generation)
    {
        var xml = new XElement(
            "network",
            new XElement("name", Network),
            new XElement("bridge", new XAttribute("name", "virbr-private")),
            new XElement(
                "ip",
                new XAttribute("address", "192.168.77.1"),
                new XAttribute("prefix", 24),
                new XElement("dhcp", new XElement("range", new XAttribute("start", "192.168.77.2"), new XAttribute("end", "192.168.77.200")))));
        await generation.VirshAsync(["net-define", "/dev/stdin"], Token, xml.ToString());
        await generation.VirshAsync(["net-start", Network], Token);
        await generation.VirshAsync(["net-autostart", Network], Token);
    }

    private static GuestSpec Client(string name) =>
        new(name) { Words = ["hs.http"], ExtraDevices = [DomainXmlWriter.FurtherCard("network", Network)] };
}
