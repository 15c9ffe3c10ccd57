using System.Net;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// A router between a lab's guests and a network outside, with NAT and a port forward: outside the generations, as an outer
/// host's own is, but in a container of its own, so that this machine's tables are left alone. It goes with the lab.
/// </summary>
/// <param name="Inside">Its address among the guests, which is their gateway.</param>
/// <param name="Outside">Its address outside.</param>
/// <param name="World">The outer host's address outside: all that is beyond the router.</param>
internal sealed record Router(IPAddress Inside, IPAddress Outside, IPAddress World)
{
    /// <summary>Starts it.</summary>
    public static async Task<Router> StartAsync(OuterHostLab lab, IPEndPoint forwardTo, CancellationToken cancellationToken)
    {
        var name = $"hslab-{lab.Id}-outside";
        await DockerCli.RunAsync(["network", "create", "--label", lab.Label, name], cancellationToken);
        var container = await DockerCli.RunAsync(
            [
                "create", "--label", lab.Label, "--network", lab.Network, "--cap-add", "NET_ADMIN", "--sysctl", "net.ipv4.ip_forward=1",
                "--entrypoint", "/bin/sleep", Repository.Trixie, "infinity",
            ],
            cancellationToken);
        await DockerCli.RunAsync(["network", "connect", name, container], cancellationToken);
        await DockerCli.RunAsync(["start", container], cancellationToken);
        var inspected = (await DockerCli.InspectAsync([container], cancellationToken))[0].GetProperty("NetworkSettings").GetProperty("Networks");
        var router = new Router(Of(lab.Network, "IPAddress"), Of(name, "IPAddress"), Of(name, "Gateway"));
        var rules = $$"""
            table ip nat {
                chain prerouting {
                    type nat hook prerouting priority dstnat
                    ip daddr {{router.Outside}} tcp dport {{forwardTo.Port}} dnat to {{forwardTo}}
                }
                chain postrouting {
                    type nat hook postrouting priority srcnat
                    ip saddr {{lab.Subnet.Cidr}} ip daddr != {{lab.Subnet.Cidr}} masquerade
                    # Docker on the outer host would else take the forwarded frames, which its bridge shows to iptables, for a
                    # container's way out, and give them another source.
                    ct status dnat masquerade
                }
            }
            """;
        (await DockerCli.ExecAsync(container, ["nft", "-f", "-"], cancellationToken, input: rules)).Succeeded();
        return router;

        IPAddress Of(string network, string property) => IPAddress.Parse(inspected.GetProperty(network).GetProperty(property).GetString()!);
    }
}
