using System.Xml;
using System.Xml.Linq;
using HostSwap.Orchestrator.DBus;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>Decodes what a libvirt host says of itself.</summary>
internal static class HostDescription
{
    /// <summary>
    /// The <c>host/uuid</c> of a capabilities document, which is what libvirt compares to tell two hosts apart.
    /// </summary>
    /// <exception cref="BusFormatException">The document has none, or is none.</exception>
    public static Guid ReadHostUuid(string capabilitiesXml)
    {
        try
        {
            var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
            using var reader = XmlReader.Create(new StringReader(capabilitiesXml), settings);
            var text = XDocument.Load(reader).Root?.Element("host")?.Element("uuid")?.Value;
            return Guid.TryParseExact(text, "D", out var uuid)
                ? uuid
                : throw new BusFormatException("a host UUID in libvirt's capabilities", text ?? "none");
        }
        catch (XmlException e)
        {
            throw new BusFormatException("libvirt's capabilities as XML", e.Message);
        }
    }

    /// <summary>Decodes libvirt's version numbers: major × 1 000 000 + minor × 1 000 + release.</summary>
    public static Version DecodeVersion(long number)
    {
        if (number is < 0 or > int.MaxValue * 1_000_000L)
            throw new BusFormatException("a version number of libvirt", $"{number}");
        return new Version((int)(number / 1_000_000), (int)(number / 1_000 % 1_000), (int)(number % 1_000));
    }
}
