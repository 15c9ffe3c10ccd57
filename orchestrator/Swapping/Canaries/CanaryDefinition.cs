using System.Globalization;
using System.Xml.Linq;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Preparing;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>
/// Makes the definition of a canary: a guest without disk, network or operating system, whose firmware idles. What decides
/// whether a move works is a VM's own: its machine, its CPU, its emulator, and all that makes it ready for handover.
/// </summary>
internal static class CanaryDefinition
{
    /// <summary>Its RAM in bytes, unless the memory mount's pages are larger.</summary>
    public const long MemoryBytes = 64L << 20;

    /// <summary>Makes it.</summary>
    /// <param name="modelXml">Live XML of a VM that is to be moved.</param>
    /// <param name="name">The canary's name.</param>
    /// <param name="uuid">Its UUID.</param>
    /// <param name="memoryBytes">Its RAM.</param>
    /// <exception cref="System.Xml.XmlException">The XML is no domain's.</exception>
    public static string Make(string modelXml, string name, Guid uuid, long memoryBytes)
    {
        var model = DomainXmlReader.Parse(modelXml);
        var type = model.Element("os")?.Element("type") ?? throw new System.Xml.XmlException("this is not the XML of a domain with an <os><type>");
        var domain = new XElement(
            "domain",
            model.Attribute("type"),
            new XElement("name", name),
            new XElement("uuid", uuid),
            new XElement("metadata", CanaryMark.Make()),
            new XElement("memory", new XAttribute("unit", "b"), memoryBytes.ToString(CultureInfo.InvariantCulture)),
            new XElement("vcpu", 1),
            new XElement("os", new XElement(type)),
            Features(model, type),
            Cpu(model),
            new XElement(
                "devices",
                model.Element("devices")?.Element("emulator"),
                // What libvirt would add of its own accord.
                new XElement("controller", new XAttribute("type", "usb"), new XAttribute("model", "none")),
                new XElement("memballoon", new XAttribute("model", "none"))));
        return DefinitionEditor.Prepare(domain.ToString(SaveOptions.DisableFormatting), uuid).Xml;
    }

    /// <summary>Elsewhere ACPI needs a firmware of its own, which a canary has not.</summary>
    private static XElement? Features(XElement model, XElement type) => type.Attribute("arch")?.Value is "x86_64" or "i686"
        ? new XElement("features", model.Element("features")?.Elements().Where(static feature => feature.Name.LocalName is "acpi" or "apic"))
        : null;

    private static XElement? Cpu(XElement model)
    {
        if (model.Element("cpu") is not { } cpu)
            return null;
        var one = DomainXmlReader.CpuAlone(cpu);
        if (!one.HasElements && one.Attribute("mode") is null)
            return null;
        // A live definition names every feature, and has libvirt look for each in the new QEMU, which is the VM's own concern.
        one.SetAttributeValue("check", "none");
        return one;
    }
}
