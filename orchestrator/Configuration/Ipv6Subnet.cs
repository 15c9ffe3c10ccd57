using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>An IPv6 network in CIDR form.</summary>
internal static class Ipv6Subnet
{
    // What guests configure by themselves (RFC 4862) wants 64; a longer one still holds gateway, generations and guests.
    private const int Shortest = 48;
    private const int Longest = 120;

    /// <summary>Reads <c>fd00:20::/64</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="subnet">The network as the kernel writes it; null where it is none.</param>
    /// <returns>What is wrong, with what is allowed; null where nothing is.</returns>
    public static string? Parse(string text, out string? subnet)
    {
        subnet = null;
        var allowed = string.Create(CultureInfo.InvariantCulture, $"an IPv6 network such as \"fd00:20::/64\" is allowed, /{Shortest} to /{Longest}");
        var parts = text.Split('/');
        if (parts.Length != 2
            || !IPAddress.TryParse(parts[0], out var address)
            || address is not { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: 0 }
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix)
            || prefix is < Shortest or > Longest)
            return $"\"{text}\" is not an IPv6 network; {allowed}";
        if (address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.IsIPv4MappedToIPv6 || address.GetAddressBytes()[0] is 0)
            return $"\"{text}\" holds loopback, link-local, multicast or reserved addresses; {allowed}";
        if (!IPNetwork.TryParse(text, out var network) || !network.BaseAddress.Equals(address))
            return $"\"{text}\" is an address inside a network and not the network; {allowed}";
        subnet = network.ToString();
        return null;
    }
}
