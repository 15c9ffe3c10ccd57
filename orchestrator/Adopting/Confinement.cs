using System.Xml.Linq;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Adopting;

/// <summary>
/// What the outer host's AppArmor or SELinux has written into the XML of its VMs. A generation has neither (they are the
/// kernel's), and libvirt takes no VM in whose XML names a security driver that it has not: "Unable to find security driver
/// for model apparmor" (virSecurityManagerCheckModel). Ownership labels (DAC) stay.
/// </summary>
internal static class Confinement
{
    private static readonly string[] Models = ["apparmor", "selinux"];

    /// <summary>The XML without it.</summary>
    public static string Without(string xml)
    {
        var domain = DomainXmlReader.Parse(xml);
        var labels = domain.Descendants("seclabel").Where(static label => Models.Contains(label.Attribute("model")?.Value, StringComparer.Ordinal)).ToList();
        if (labels.Count == 0)
            return xml;
        foreach (var label in labels)
            label.Remove();
        return domain.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>Whether there is any in it.</summary>
    public static bool IsIn(string xml) => !ReferenceEquals(Without(xml), xml);
}
