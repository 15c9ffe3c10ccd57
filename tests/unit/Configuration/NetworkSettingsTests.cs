using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

/// <summary>Tables <c>[network."NAME"]</c>, and what is said of the network of <c>[docker]</c>.</summary>
public sealed class NetworkSettingsTests : ConfigurationFixture
{
    [Fact]
    public void Every_network_has_a_bridge_and_a_Docker_network()
    {
        var settings = Load("""
            [docker]
            network = "guests"
            subnet6 = "fd00:20:0::/64"

            [network."lan"]
            bridge = "br1"
            subnet = "10.30.0.0/16"
            container_range = "10.30.255.0/24"
            outer_bridge = "brlan"

            [network.storage]
            bridge = "san"
            network = "san-net"
            """);

        settings.Networks.ShouldBe(
        [
            new GuestNetwork("br0", "guests", null, null) { Subnet6 = "fd00:20::/64" },
            new GuestNetwork("br1", "guests-lan", "10.30.0.0/16", "10.30.255.0/24") { OuterBridge = "brlan" },
            new GuestNetwork("san", "san-net", null, null),
        ]);
    }

    [Theory]
    [InlineData("[network.lan]", "network.lan: has no bridge; name the bridge")]
    [InlineData("[network.lan]\nsubnet = \"10.1.0.0/16\"", "network.lan: has no bridge; name the bridge")]
    [InlineData("[network.lan]\nbridge = \"br0\"", "network.lan.bridge: \"br0\" is another network's bridge already")]
    [InlineData("[network.lan]\nbridge = \"eth1\"", "network.lan.bridge: \"eth1\" is no name of a bridge of its own")]
    [InlineData("[network.lan]\nbridge = \"a-bridge-of-long-name\"", "is no name of a bridge of its own")]
    [InlineData("[network.lan]\nbridge = \"br1\"\nnetwork = \"hostswap\"", "network.lan.network: \"hostswap\" is another network's network already")]
    [InlineData("[network.\"a b\"]\nbridge = \"br1\"", "gives a Docker network a name that it cannot have")]
    [InlineData("[network.lan]\nbridge = \"br1\"\nsubnet6 = \"fd00::1/64\"", "network.lan.subnet6: \"fd00::1/64\" is an address inside a network")]
    [InlineData("[network.lan]\nbridge = \"br1\"\nsubnet6 = \"fe80::/64\"", "holds loopback, link-local, multicast or reserved addresses")]
    [InlineData("[network.lan]\nbridge = \"br1\"\nsubnet6 = \"10.0.0.0/8\"", "is not an IPv6 network; an IPv6 network such as \"fd00:20::/64\" is allowed, /48 to /120, or \"none\"")]
    [InlineData("[network.lan]\nbridge = \"br1\"\ncontainer_range = \"10.1.0.0/24\"", "set network.lan.subnet too")]
    [InlineData("[network.lan]\nbrigde = \"br1\"", "network.lan.brigde: is not a key of a network; allowed are bridge, network")]
    public void What_is_wrong_is_told_with_its_place(string text, string problem) =>
        Should.Throw<UsageException>(() => Load(text)).Message.ShouldContain(problem);
}
