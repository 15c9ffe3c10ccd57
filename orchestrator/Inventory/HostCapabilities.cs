using System.Xml.Linq;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>The machine types of a host, from libvirt's capabilities document.</summary>
public static class HostCapabilities
{
    /// <summary>Whether a host can emulate a machine type.</summary>
    /// <param name="capabilitiesXml">The host's capabilities.</param>
    /// <param name="architecture">As in <c>x86_64</c>.</param>
    /// <param name="virtType"><c>kvm</c> or <c>qemu</c>.</param>
    /// <param name="machineType">The machine type.</param>
    public static MachineSupport Supports(string capabilitiesXml, string architecture, string virtType, string machineType)
    {
        var arch = DomainXmlReader.Parse(capabilitiesXml).Elements("guest").Elements("arch")
            .FirstOrDefault(item => Is(item, "name", architecture));
        if (arch is null)
            return MachineSupport.NoArchitecture;

        var domain = arch.Elements("domain").FirstOrDefault(item => Is(item, "type", virtType));
        if (domain is null)
            return MachineSupport.NoVirtType;

        return arch.Elements("machine").Concat(domain.Elements("machine"))
            .Any(item => string.Equals(item.Value, machineType, StringComparison.Ordinal) || Is(item, "canonical", machineType))
            ? MachineSupport.Yes
            : MachineSupport.NoMachineType;
    }

    /// <summary>Whether a host's QEMU calls a machine type deprecated.</summary>
    public static bool IsDeprecated(string capabilitiesXml, string architecture, string machineType) =>
        DomainXmlReader.Parse(capabilitiesXml).Elements("guest").Elements("arch")
            .Where(item => Is(item, "name", architecture))
            .SelectMany(static arch => arch.Elements("machine").Concat(arch.Elements("domain").Elements("machine")))
            .Any(item => string.Equals(item.Value, machineType, StringComparison.Ordinal) && Is(item, "deprecated", "yes"));

    private static bool Is(XElement element, string attribute, string value) =>
        string.Equals(element.Attribute(attribute)?.Value, value, StringComparison.Ordinal);
}

/// <summary>Whether a host can emulate a machine type, and what it lacks.</summary>
public enum MachineSupport
{
    /// <summary>It can.</summary>
    Yes,

    /// <summary>It has no emulator for the architecture.</summary>
    NoArchitecture,

    /// <summary>It cannot use KVM, where the domain asks for it.</summary>
    NoVirtType,

    /// <summary>Its emulator does not know the machine type.</summary>
    NoMachineType,
}
