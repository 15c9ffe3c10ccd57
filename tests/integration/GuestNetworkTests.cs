using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Probing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>
/// What guests do on their networks goes on while they move, from Debian 12 to 13 and back: streams, also through NAT and a
/// port forward; IPv6; frames that they tag themselves; several bridges and queues; filters. And the switch outside sees each
/// MAC address in one place at a time.
/// </summary>
public sealed class GuestNetworkTests
{
    private const int Port = 7000;
    private const int ClosedPort = 7001;
    private const string WebMac = "52:54:00:77:65:62";
    private const string ForgedMac = "52:54:00:66:6f:72";

    /// <summary>Drops what comes to one port, by iptables, and what goes out with another MAC address, by ebtables.</summary>
    private const string Filter = $"""
        <filter name='tenant'>
          <filterref filter='no-mac-spoofing'/>
          <rule action='drop' direction='in' priority='500'><tcp dstportstart='7001'/></rule>
        </filter>
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_goes_on_there_and_back()
    {
        var lan = await FreeSubnet.FindAsync(Token);
        var six = UniqueLocal();
        var options = new LabOptions { Purpose = "guests' networks", Image = Repository.Bookworm }
            .With("docker", LabConfiguration.Line("subnet6", $"{six}/64"))
            .With("network.lan", LabConfiguration.Line("bridge", "br1"), LabConfiguration.Line("subnet", lan.Cidr));
        await using var lab = await OuterHostLab.StartAsync(options, Token);
        var router = await Router.StartAsync(lab, new IPEndPoint(lab.Subnet.Guest(0), Port), Token);
        using var world = new TcpListener(router.World, 0);
        world.Start();
        var old = await lab.GenerationAsync(1, Token);
        await old.VirshAsync(["nwfilter-define", "/dev/stdin"], Token, Filter);
        var guests = await lab.AddGuestsAsync(old, [Web(router, (IPEndPoint)world.LocalEndpoint, six, lan), Peer(six, lan)], Token);
        var (web, peer) = (guests[0], guests[1]);
        await using var direct = await StreamProber.ConnectAsync(new IPEndPoint(web.Address, Port), Limit, Token);
        await using var outward = await StreamProber.AcceptAsync(world, Limit, Token);
        await using var inward = await StreamProber.ConnectAsync(new IPEndPoint(router.Outside, Port), Limit, Token);
        await using var filtered = await StreamProber.ConnectAsync(new IPEndPoint(peer.Address, Port), Limit, Token);
        outward.RemoteAddress.ShouldBe(router.Outside);
        (await GuestShell.RunAsync(peer.Address, $"load serve {ClosedPort} </dev/null >/dev/null 2>&1 &\nfor i in $(seq 50); do echo inside | nc -w 2 127.0.0.1 {ClosedPort} && break; usleep 100000; done", Token)).ShouldBe("inside");
        await AllIsWellAsync(old, web, peer, six, lan);

        foreach (var (number, image) in new[] { (2, Repository.Trixie), (3, Repository.Bookworm) })
        {
            var from = await UplinkAsync(await lab.GenerationAsync(number - 1, Token), "br0");
            await using var frames = FrameWatch.Start(PhysicalAddress.Parse(WebMac), await OuterBridgeAsync(lab));

            var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", image], Token);

            swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
            (swap.Output + swap.Error).Contains("(VLAN)", StringComparison.Ordinal).ShouldBe(number == 3, "the plan warns of QEMU 7.2");
            var fresh = await lab.GenerationAsync(number, Token);
            var to = await UplinkAsync(fresh, "br0");
            await OuterHostLab.WaitForTicksAsync(web, 10, Token);
            await SeenInOnePlaceAtATimeAsync(frames, from, to);
            if (string.Equals(image, Repository.Bookworm, StringComparison.Ordinal)) await TagAnewAsync(web, peer);
            await AllIsWellAsync(fresh, web, peer, six, lan);
        }

        foreach (var (name, stream) in new[] { ("direct", direct), ("through NAT", outward), ("forwarded", inward), ("through a filter", filtered) })
        {
            var report = await stream.StopAsync();
            report.Returned.ShouldBe(report.Sent, name);
            TestContext.Current.TestOutputHelper?.WriteLine($"stream {name}: {report}");
        }

        await Oracle.EveryGuestLivesOnAsync(lab, Token);
    }

    private static GuestSpec Web(Router router, IPEndPoint world, IPAddress six, FreeSubnet lan) => new("web")
    {
        Cpus = 2,
        Mac = WebMac,
        Queues = 2,
        ExtraDevices = [DomainXmlWriter.FurtherCard("bridge", "br1")],
        Words = ["hs.http", $"hs.serve={Port}", $"hs.gateway={router.Inside}", $"hs.call={world}", $"hs.ip6={Address(six, 1)}/64", "hs.vlan=5:192.168.55.1/24", $"hs.ip1={lan.Guest(0)}/24"],
    };

    private static GuestSpec Peer(IPAddress six, FreeSubnet lan) => new("peer")
    {
        Filter = "tenant",
        ExtraDevices = [DomainXmlWriter.FurtherCard("bridge", "br1")],
        Words = ["hs.http", $"hs.serve={Port}", $"hs.ip6={Address(six, 2)}/64", "hs.vlan=5:192.168.55.2/24", $"hs.ip1={lan.Guest(1)}/24"],
    };

    private static async Task AllIsWellAsync(Generation generation, Guest web, Guest peer, IPAddress six, FreeSubnet lan)
    {
        var local = await GuestShell.RunAsync(peer.Address, "ip -6 -o address show dev eth0 scope link | sed 's/.*inet6 //; s:/.*::'", Token);
        // A ping that is lost on a busy machine is sent again: that nothing is lost, the streams show.
        var pings = string.Join(
            '\n',
            "try() { name=$1; shift; for i in 1 2 3 4 5; do ! \"$@\" >/dev/null || { echo $name; return; }; done; echo \"no $name\"; ip -s link show dev eth0.5; ip neighbour; }",
            "try vlan ping -c 1 -W 3 192.168.55.2",
            $"try lan ping -c 1 -W 3 -I eth1 {lan.Guest(1)}",
            $"try lan-gateway ping -c 1 -W 3 {lan.Gateway}",
            $"try unique-local ping6 -c 1 -W 3 {Address(six, 2)}",
            $"try link-local ping6 -c 1 -W 3 {local}%eth0",
            "ls -d /sys/class/net/eth0/queues/tx-* | wc -l");
        (await GuestShell.RunAsync(web.Address, pings, Token)).ShouldBe("vlan\nlan\nlan-gateway\nunique-local\nlink-local\n2");
        using (var ping = new Ping())
            (await ping.SendPingAsync(Address(six, 1), TimeSpan.FromSeconds(5), cancellationToken: Token)).Status.ShouldBe(IPStatus.Success);
        (await generation.VirshAsync(["nwfilter-binding-list"], Token)).ShouldContain("tenant");
        (await CanConnectAsync(peer.Address, Port)).ShouldBeTrue();
        (await CanConnectAsync(peer.Address, ClosedPort)).ShouldBeFalse();
        (await ForgedFramesAsync(peer)).ShouldBe(0);
        (await ForgedFramesAsync(web)).ShouldBeGreaterThan(0);
    }

    /// <summary>
    /// QEMU 7.2 forgets, where it takes a VM in, which tags the guest's driver wants frames of; the plan warns of it. They come
    /// again once the guest has made its interface anew.
    /// </summary>
    private static async Task TagAnewAsync(params IReadOnlyList<Guest> guests)
    {
        foreach (var (guest, host) in guests.Select(static (guest, index) => (guest, index + 1)))
        {
            (await GuestShell.RunAsync(
                guest.Address, $"ip link del eth0.5; ip link add link eth0 name eth0.5 type vlan id 5; ip address add 192.168.55.{host}/24 dev eth0.5; ip link set eth0.5 up && echo anew", Token)).ShouldBe("anew");
        }
    }

    /// <summary>The switch learns a place from each frame, so the order in which frames come by its ports is what it believes.</summary>
    private static async Task SeenInOnePlaceAtATimeAsync(FrameWatch watch, int from, int to)
    {
        var frames = await watch.StopAsync();
        frames.Select(static frame => frame.Port).Distinct().ShouldBe([from, to]);
        var first = frames.First(frame => frame.Port == to);
        frames.Where(frame => frame.At > first.At).ShouldAllBe(frame => frame.Port == to);
        var announced = frames.FirstOrDefault(static frame => frame.EtherType == FrameWatch.Rarp).ShouldNotBeNull("QEMU's announcement");
        announced.Port.ShouldBe(to);
        var last = frames.Last(frame => frame.Port == from);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{frames.Count} frames: the first of the new port {(first.At - last.At) / 1e6:0.0} ms after the last of the old one, and of type 0x{first.EtherType:x4}; announced {(announced.At - first.At) / 1e6:0.0} ms after that"));
    }

    private static async Task<bool> CanConnectAsync(IPAddress address, int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, port, Token).AsTask().WaitAsync(TimeSpan.FromSeconds(2), Token);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>How many frames with a MAC address that is not its own a guest gets out.</summary>
    private static async Task<int> ForgedFramesAsync(Guest guest)
    {
        await using var watch = FrameWatch.Start(PhysicalAddress.Parse(ForgedMac));
        var forge = string.Join(
            '\n',
            "ip link add link eth0 name eth0.6 type vlan id 6",
            $"ip link set eth0.6 address {ForgedMac}",
            "ip address add 192.168.66.1/24 dev eth0.6",
            "ip link set eth0.6 up",
            "arping -c 2 -w 2 -I eth0.6 192.168.66.2 >/dev/null",
            "ip link del eth0.6 && echo forged");
        (await GuestShell.RunAsync(guest.Address, forge, Token)).ShouldBe("forged");
        return (await watch.StopAsync()).Count;
    }

    /// <summary>The outer end of a generation's interface in a bridge.</summary>
    private static async Task<int> UplinkAsync(Generation generation, string bridge) => int.Parse(
        await generation.RunAsync(["sh", "-c", $"cat /sys/class/net/{bridge}/brif/eth*/../iflink"], Token), CultureInfo.InvariantCulture);

    private static async Task<int> OuterBridgeAsync(OuterHostLab lab)
    {
        var id = await DockerCli.RunAsync(["network", "inspect", "--format", "{{.Id}}", lab.Network], Token);
        return int.Parse(await File.ReadAllTextAsync($"/sys/class/net/br-{id[..12]}/ifindex", Token), CultureInfo.InvariantCulture);
    }

    private static IPAddress UniqueLocal()
    {
        var bytes = new byte[16];
        Random.Shared.NextBytes(bytes.AsSpan(1, 7));
        bytes[0] = 0xfd;
        return new IPAddress(bytes);
    }

    private static IPAddress Address(IPAddress network, byte host)
    {
        var bytes = network.GetAddressBytes();
        bytes[15] = (byte)(host + 0x10);
        return new IPAddress(bytes);
    }
}
