using System.Xml.Linq;

namespace HostSwap.Lab.Guests;

/// <summary>Disk elements of every kind of storage.</summary>
public static class DiskXml
{
    /// <summary>A guest's first disk.</summary>
    /// <param name="type">libvirt's type of its source.</param>
    /// <param name="format">Its format.</param>
    /// <param name="cache">Its cache mode; null for QEMU's own.</param>
    /// <param name="source">Its source.</param>
    /// <param name="further">Further elements.</param>
    public static XElement First(string type, string format, string? cache, XElement source, params IReadOnlyList<XElement> further) =>
        Disk(type, format, cache, source, "vda", further);

    /// <summary>A disk of another name.</summary>
    public static XElement Disk(string type, string format, string? cache, XElement source, string target, params IReadOnlyList<XElement> further) => new(
        "disk",
        new XAttribute("type", type),
        new XAttribute("device", "disk"),
        new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", format), cache is null ? null : new XAttribute("cache", cache)),
        source,
        new XElement("target", new XAttribute("dev", target), new XAttribute("bus", "virtio")),
        further);

    /// <summary>A CD-ROM drive; without a path it is empty.</summary>
    public static XElement CdRom(string target, string? path) => new(
        "disk",
        new XAttribute("type", "file"),
        new XAttribute("device", "cdrom"),
        new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", "raw")),
        path is null ? null : File(path),
        new XElement("target", new XAttribute("dev", target), new XAttribute("bus", "sata")),
        new XElement("readonly"));

    /// <summary>The source of a file.</summary>
    public static XElement File(string path) => new("source", new XAttribute("file", path));

    /// <summary>The source of a block device.</summary>
    public static XElement Block(string path) => new("source", new XAttribute("dev", path));

    /// <summary>The source of a volume in a storage pool.</summary>
    public static XElement Volume(string pool, string volume) => new("source", new XAttribute("pool", pool), new XAttribute("volume", volume));

    /// <summary>The source of an NBD export.</summary>
    /// <param name="export">Its name.</param>
    /// <param name="host">Where the server is.</param>
    public static XElement Nbd(string export, params IReadOnlyList<XAttribute> host) =>
        new("source", new XAttribute("protocol", "nbd"), new XAttribute("name", export), new XElement("host", host));

    /// <summary>What an image is backed by, as far as the definition says so.</summary>
    public static XElement BackedBy(string format, string path) => new(
        "backingStore",
        new XAttribute("type", "file"),
        new XElement("format", new XAttribute("type", format)),
        File(path),
        new XElement("backingStore"));
}
