using System.Xml.Linq;

namespace HostSwap.IntegrationTests.Support;

/// <summary>Devices for guests.</summary>
internal static class Devices
{
    /// <summary>One that no QEMU migrates, and that needs no hardware.</summary>
    public static XElement Ring() => new(
        "shmem",
        new XAttribute("name", "ring"),
        new XAttribute("role", "peer"),
        new XElement("model", new XAttribute("type", "ivshmem-plain")),
        new XElement("size", new XAttribute("unit", "M"), 4));
}
