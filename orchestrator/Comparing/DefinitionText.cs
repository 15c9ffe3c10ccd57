using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Comparing;

/// <summary>
/// The XML of libvirt's objects in a form in which equal ones are equal texts: the order of attributes and white space say
/// nothing, nor does what libvirt counts at the moment. Passwords are told apart and not shown.
/// </summary>
internal static class DefinitionText
{
    /// <summary>How many bytes of a password's digest are kept: enough to see that it is another one, too few to search for it.</summary>
    private const int DigestBytes = 3;

    /// <summary>What libvirt fills in of a storage pool (storagePoolGetXMLDesc).</summary>
    private static readonly HashSet<string> Counted = new(["capacity", "allocation", "available"], StringComparer.Ordinal);

    /// <summary>Brings XML into that form.</summary>
    /// <exception cref="System.Xml.XmlException">It is no well-formed XML.</exception>
    public static string Normalise(string xml)
    {
        var root = Copy(DomainXmlReader.Parse(xml));
        if (root.Name.LocalName is "pool")
            root.Elements().Where(static element => Counted.Contains(element.Name.LocalName)).Remove();
        if (root.Name.LocalName is "network")
            root.Attribute("connections")?.Remove();
        if (root.Name.LocalName is "domain")
            root = Sorted(root);
        return root.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>
    /// Releases of libvirt write a domain's elements in different order, which says nothing but among those of one name. Later
    /// ones write out what older ones had all along and did not name: the watchdog of every q35 machine, the audio
    /// backend of a machine without sound, and that UEFI firmware and its variables are raw images.
    /// </summary>
    private static XElement Sorted(XElement element) => new(
        element.Name,
        element.Attributes().Where(attribute => !IsUnspoken(element, attribute)),
        element.HasElements
            ? element.Elements().Where(static child => !IsUnspoken(child)).OrderBy(static child => child.Name.ToString(), StringComparer.Ordinal).Select(Sorted)
            : element.Nodes());

    /// <summary>Whether an element is one that later releases write out, and that means nothing.</summary>
    public static bool IsUnspoken(XElement element) =>
        (element.Name.LocalName is "watchdog" && element.Attribute("model")?.Value is "itco")
        || (element.Name.LocalName is "audio" && element.Attribute("type")?.Value is "none");

    private static bool IsUnspoken(XElement element, XAttribute attribute) =>
        element.Name.LocalName is "loader" or "nvram" && attribute is { Name.LocalName: "format" or "templateFormat", Value: "raw" };

    private static XElement Copy(XElement element) => new(
        element.Name,
        element.Attributes().OrderBy(static attribute => attribute.Name.ToString(), StringComparer.Ordinal).Select(Copy),
        element.Nodes().Select(static node => node switch
        {
            XElement child => (XNode?)Copy(child),
            XText text when !string.IsNullOrWhiteSpace(text.Value) => new XText(text.Value.Trim()),
            _ => null,
        }));

    private static XAttribute Copy(XAttribute attribute) => attribute.Name.LocalName is "passwd"
        ? new XAttribute(attribute.Name, $"(not shown, {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(attribute.Value)).AsSpan(0, DigestBytes))})")
        : new XAttribute(attribute);
}
