using System.Xml.Linq;

namespace HostSwap.UnitTests.Fakes;

/// <summary>Domain XML for tests.</summary>
internal static class DomainXmls
{
    public static string Plain(Guid uuid, string name) => new XElement(
        "domain",
        new XAttribute("type", "qemu"),
        new XElement("name", name),
        new XElement("uuid", uuid),
        new XElement("memory", new XAttribute("unit", "MiB"), 256),
        new XElement("os", new XElement("type", new XAttribute("arch", "x86_64"), new XAttribute("machine", "pc-q35-7.2"), "hvm")),
        new XElement("devices")).ToString();

    /// <summary>With further elements below <c>devices</c>.</summary>
    public static string WithDevices(Guid uuid, string name, string devices)
    {
        var domain = XElement.Parse(Plain(uuid, name));
        domain.Element("devices")!.Add(XElement.Parse($"<devices>{devices}</devices>").Elements());
        return domain.ToString();
    }

    public static (Guid Uuid, string Name) Identify(string xml)
    {
        var domain = XElement.Parse(xml);
        return (Guid.Parse(domain.Element("uuid")!.Value), domain.Element("name")!.Value);
    }
}
