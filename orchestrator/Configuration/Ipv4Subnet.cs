using System.Net;
using System.Net.Sockets;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>An IPv4 network in CIDR form.</summary>
internal sealed record Ipv4Subnet(uint Address, int PrefixLength)
{
    // 0/8, 127/8, 169.254/16 and everything from 224/3 are no addresses of guests (RFC 6890).
    private static readonly Ipv4Subnet[] Unusable =
        [new(0, 8), new(127u << 24, 8), new(0xa9fe0000, 16), new(224u << 24, 3)];

    private uint Mask => PrefixLength == 0 ? 0 : uint.MaxValue << (32 - PrefixLength);

    /// <summary>Reads <c>a.b.c.d/n</c>.</summary>
    /// <returns>What is wrong with the text, or null.</returns>
    public static string? Parse(string text, int shortest, int longest, out Ipv4Subnet? subnet)
    {
        subnet = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0
            || !TryParseAddress(text[..slash], out var address)
            || !int.TryParse(text[(slash + 1)..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var prefix)
            || prefix > 32)
            return $"\"{text}\" is not an IPv4 network; write it as \"10.20.0.0/16\"";
        if (prefix < shortest || prefix > longest)
            return $"\"{text}\" has a prefix of {prefix} bits; {shortest} to {longest} are allowed";

        var parsed = new Ipv4Subnet(address, prefix);
        if ((address & ~parsed.Mask) != 0)
            return $"\"{text}\" names an address inside a network; the network is \"{new Ipv4Subnet(address & parsed.Mask, prefix)}\"";
        if (Array.Exists(Unusable, network => network.Overlaps(parsed)))
            return $"\"{text}\" holds loopback, link-local, multicast or reserved addresses; use a private network";
        subnet = parsed;
        return null;
    }

    /// <summary>Whether all of <paramref name="other"/> lies in this network.</summary>
    public bool Contains(Ipv4Subnet other) => other.PrefixLength >= PrefixLength && (other.Address & Mask) == Address;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Address >> 24}.{(Address >> 16) & 255}.{(Address >> 8) & 255}.{Address & 255}/{PrefixLength}";

    private bool Overlaps(Ipv4Subnet other) => Contains(other) || other.Contains(this);

    // IPAddress reads "10.1" and "0x0a000001" too; only the dotted form of four numbers is meant here.
    private static bool TryParseAddress(string text, out uint address)
    {
        address = 0;
        if (!IPAddress.TryParse(text, out var parsed)
            || parsed.AddressFamily != AddressFamily.InterNetwork
            || !string.Equals(parsed.ToString(), text, StringComparison.Ordinal))
            return false;
        address = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(parsed.GetAddressBytes());
        return true;
    }
}
