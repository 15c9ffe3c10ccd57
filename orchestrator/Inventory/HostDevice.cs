using System.Xml.Linq;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>A device with which no VM moves live, since it is the outer host's, or one generation's.</summary>
/// <param name="Words">It in words.</param>
/// <param name="Identity">What tells it from the VM's other devices, on both sides.</param>
/// <param name="Xml">Its element, without what one QEMU's start has made of it.</param>
/// <param name="Detachable">Whether libvirt takes it from a VM that runs (<c>qemuDomainDetachDeviceLive</c>).</param>
public sealed record HostDevice(string Words, string Identity, string Xml, bool Detachable)
{
    /// <summary>Those of a domain.</summary>
    /// <param name="domain">Its element.</param>
    public static IEnumerable<HostDevice> In(XElement domain)
    {
        foreach (var device in domain.Element("devices")?.Elements() ?? [])
        {
            if (WordsOf(device) is { } words)
                yield return new HostDevice(words, IdentityOf(device), Portable(device), device.Name.LocalName is not "tpm");
        }
    }

    private static string? WordsOf(XElement device) => device.Name.LocalName switch
    {
        "hostdev" => $"{Attribute(device, "type") ?? "host"} device (hostdev, mode {Attribute(device, "mode") ?? "subsystem"})",
        "interface" when Attribute(device, "type") is ("hostdev" or "vdpa" or "vhostuser" or "user" or "direct") and var type => $"network interface of type {type}",
        // "only shmem with role='master' can be migrated" (qemuMigrationSrcIsAllowed); without a role it is none.
        "shmem" when Attribute(device, "role") is not "master" => $"shared memory device {Attribute(device, "name") ?? "?"} (shmem, role {Attribute(device, "role") ?? "none"})",
        "tpm" when Attribute(device.Element("backend"), "type") is "passthrough" => "the outer host's TPM",
        // Two of them would have it open at once; in libvirt's own place each side has one of its own.
        "tpm" when Attribute(device.Element("backend")?.Element("source"), "path") is { } path => $"virtual TPM that keeps what it holds in {path}",
        _ => null,
    };

    private static string IdentityOf(XElement device) => device.Name.LocalName switch
    {
        "shmem" => $"shmem {Attribute(device, "name")}",
        "interface" => $"interface {Attribute(device.Element("mac"), "address")}",
        var kind => $"{kind} {string.Join(' ', device.Elements("source").SelectMany(Lasting).SelectMany(static element => element.Attributes()).Select(static attribute => $"{attribute.Parent!.Name.LocalName}.{attribute.Name.LocalName}={attribute.Value}"))}",
    };

    /// <summary>Of a USB device that is told by its maker, the place at which it is plugged in now is libvirt's addition.</summary>
    private static IEnumerable<XElement> Lasting(XElement source) =>
        source.DescendantsAndSelf().Where(element => element.Name.LocalName is not "address" || source.Element("vendor") is null);

    /// <summary>A name that libvirt has given to a device on the outer host is another one at the next start.</summary>
    private static string Portable(XElement device)
    {
        var portable = new XElement(device);
        portable.Elements("alias").Remove();
        if (device.Name.LocalName is "interface")
            portable.Elements("target").Remove();
        foreach (var source in portable.Elements("source").Where(static source => source.Element("vendor") is not null))
            source.Elements("address").Remove();
        return portable.ToString(SaveOptions.DisableFormatting);
    }

    private static string? Attribute(XElement? element, string name) => element?.Attribute(name)?.Value;
}
