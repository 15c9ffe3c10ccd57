using System.Net;
using System.Xml.Linq;

namespace HostSwap.Lab.Guests;

/// <summary>A guest of the lab and where its files are.</summary>
/// <param name="Spec">What it was asked to be.</param>
/// <param name="Address">Its static address.</param>
/// <param name="ConsoleLog">Everything that its serial console printed.</param>
/// <param name="DiskPath">Its disk; null where it has none.</param>
/// <param name="Xml">The definition that was given to libvirt.</param>
public sealed record Guest(GuestSpec Spec, IPAddress Address, string ConsoleLog, string? DiskPath, string Xml)
{
    /// <summary>Its libvirt name.</summary>
    public string Name => Spec.Name;

    /// <summary>Its UUID in libvirt's form.</summary>
    public string Uuid => Spec.Uuid.ToString("D");

    /// <summary>Whether it runs by emulation, without the processor's help.</summary>
    public bool IsEmulated => XDocument.Parse(Xml).Root?.Attribute("type")?.Value is Accelerator.Emulation;

    /// <summary>Reads its console.</summary>
    public GuestLog ReadLog() => GuestLog.Read(ConsoleLog);
}
