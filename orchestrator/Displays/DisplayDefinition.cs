using System.Globalization;
using System.Net;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Displays;

/// <summary>Where a running VM's screen can be had inside of its generation.</summary>
/// <param name="Protocol">libvirt's type: <c>vnc</c> or <c>spice</c>.</param>
/// <param name="Address">Its address in the generation's network; null where it listens on a socket.</param>
/// <param name="Socket">Path of its UNIX socket in the generation; null where it listens on a port.</param>
public sealed record DisplayDefinition(string Protocol, IPEndPoint? Address, string? Socket)
{
    /// <summary>
    /// Reads it from a live definition; null where the VM has none that anybody could connect to. The first one counts, as for
    /// virt-viewer. Format: libvirt's "Domain XML format", "Graphical framebuffers"; a port that is not open yet is -1.
    /// </summary>
    /// <exception cref="System.Xml.XmlException">It is no well-formed XML.</exception>
    public static DisplayDefinition? Read(string domainXml)
    {
        var graphics = DomainXmlReader.Parse(domainXml).Element("devices")?.Elements("graphics") ?? [];
        foreach (var item in graphics)
        {
            if (item.Attribute("type")?.Value is not (("vnc" or "spice") and { } protocol))
                continue;
            var listen = item.Elements("listen").FirstOrDefault();
            if ((item.Attribute("socket") ?? listen?.Attribute("socket"))?.Value is { Length: > 0 } socket)
                return new DisplayDefinition(protocol, Address: null, socket);
            if (int.TryParse(item.Attribute("port")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= IPEndPoint.MaxPort)
                return new DisplayDefinition(protocol, new IPEndPoint(Reachable((listen?.Attribute("address") ?? item.Attribute("listen"))?.Value), port), Socket: null);
        }

        return null;
    }

    /// <summary>What listens on every address is reached by the loopback one; so is what libvirt says nothing of, its default.</summary>
    private static IPAddress Reachable(string? listened) => IPAddress.TryParse(listened, out var address) switch
    {
        true when address.Equals(IPAddress.IPv6Any) => IPAddress.IPv6Loopback,
        true when !address.Equals(IPAddress.Any) => address,
        _ => IPAddress.Loopback,
    };
}
