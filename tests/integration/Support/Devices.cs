using System.Xml.Linq;

namespace HostSwap.IntegrationTests.Support;

/// <summary>Devices for guests.</summary>
internal static class Devices
{
    /// <summary>A virtual TPM, whose state libvirt keeps.</summary>
    public static XElement Tpm() => new(
        "tpm", new XAttribute("model", "tpm-crb"), new XElement("backend", new XAttribute("type", "emulator"), new XAttribute("version", "2.0")));

    /// <summary>A domain with UEFI, and variables of its own in a file.</summary>
    /// <param name="xml">Its definition without.</param>
    /// <param name="name">Name of the file.</param>
    public static XElement WithUefi(string xml, string name)
    {
        var domain = XElement.Parse(xml);
        domain.Element("os")!.Element("type")!.AddAfterSelf(
            new XElement("loader", new XAttribute("readonly", "yes"), new XAttribute("type", "pflash"), "/usr/share/OVMF/OVMF_CODE_4M.fd"),
            new XElement("nvram", new XAttribute("template", "/usr/share/OVMF/OVMF_VARS_4M.fd"), $"/var/lib/libvirt/qemu/nvram/{name}.fd"));
        return domain;
    }
}
