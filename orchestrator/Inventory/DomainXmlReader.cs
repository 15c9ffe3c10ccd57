using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>Reads libvirt's domain XML. Format: libvirt's "Domain XML format" page.</summary>
public static class DomainXmlReader
{
    private static readonly XmlReaderSettings ReaderSettings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = 16 * 1024 * 1024,
    };

    /// <summary>Parses XML that comes from outside: no DTD, nothing is resolved, size bounded.</summary>
    /// <exception cref="XmlException">It is no well-formed XML.</exception>
    public static XElement Parse(string xml) => Load(xml, LoadOptions.None).Root!;

    /// <summary>The same with all white space, for XML that is to be changed and given back.</summary>
    /// <exception cref="XmlException">It is no well-formed XML.</exception>
    public static XDocument ParseWithSpace(string xml) => Load(xml, LoadOptions.PreserveWhitespace);

    /// <summary>Reads a domain's definition.</summary>
    /// <exception cref="XmlException">It is no domain definition.</exception>
    public static VmDefinition Read(string xml)
    {
        var domain = Parse(xml);
        var type = domain.Element("os")?.Element("type");
        if (!string.Equals(domain.Name.LocalName, "domain", StringComparison.Ordinal) || type is null)
            throw new XmlException("this is not the XML of a domain with an <os><type>");

        var devices = domain.Element("devices");
        var disks = Children(devices, "disk").ToList();
        return new VmDefinition(
            Attribute(domain, "type") ?? "",
            Attribute(type, "arch") ?? "",
            Attribute(type, "machine") ?? "",
            devices?.Element("emulator")?.Value ?? "",
            Memory(domain, devices),
            Cpu(domain.Element("cpu")),
            [.. disks.Select(Disk)],
            [.. OtherFiles(domain)],
            [.. Children(devices, "interface").Select(Interface)],
            [.. HostDevice.In(domain)],
            [.. Secrets(domain)],
            Children(devices, "tpm").Any(device => Attribute(device.Element("backend"), "type") is "emulator"),
            [.. Mirrors(disks)],
            Children(devices, "channel").Select(channel => channel.Element("target")).Any(IsConnectedAgent))
        {
            BootFiles = [.. BootFiles(domain)],
            OnPowerOff = domain.Element("on_poweroff")?.Value ?? "destroy",
            Filesystems = [.. Children(devices, "filesystem").Select(Filesystem)],
            Hardware = HardwareReader.Read(domain, Guid.TryParse(domain.Element("uuid")?.Value, out var uuid) ? uuid : default),
            Watchdogs = [.. Children(devices, "watchdog").Select(static watchdog => Attribute(watchdog, "model")).OfType<string>()],
            Firmware = Firmware(domain.Element("os")!),
            Metadata = VmMetadataReader.Read(domain),
        };
    }

    private static XDocument Load(string xml, LoadOptions options)
    {
        using var text = new StringReader(xml);
        using var reader = XmlReader.Create(text, ReaderSettings);
        return XDocument.Load(reader, options);
    }

    private static IEnumerable<XElement> Children(XElement? parent, string name) => parent?.Elements(name) ?? [];

    private static string? Attribute(XElement? element, string name) => element?.Attribute(name)?.Value;

    /// <summary><c>memory</c> is the maximum without hot-plugged devices; each memory device adds its size.</summary>
    private static long Memory(XElement domain, XElement? devices) =>
        Bytes(domain.Element("memory"))
        + Children(devices, "memory").Sum(device => Bytes(device.Element("target")?.Element("size")));

    private static long Bytes(XElement? size) => size is null ? 0 : Bytes(size.Value, Attribute(size, "unit"));

    /// <summary>A size of memory in bytes, as libvirt writes it; without a unit it is in KiB.</summary>
    /// <exception cref="XmlException">It is none.</exception>
    internal static long Bytes(string value, string? unitName)
    {
        var unit = (unitName ?? "KiB") switch
        {
            "b" or "bytes" => 1L,
            "KB" => 1000L,
            "k" or "KiB" => 1L << 10,
            "MB" => 1000_000L,
            "M" or "MiB" => 1L << 20,
            "GB" => 1000_000_000L,
            "G" or "GiB" => 1L << 30,
            "TB" => 1000_000_000_000L,
            "T" or "TiB" => 1L << 40,
            var other => throw new XmlException($"unknown unit of memory '{other}'"),
        };
        return long.TryParse(value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count <= long.MaxValue / unit
            ? count * unit
            : throw new XmlException($"'{value}' is no size of memory");
    }

    /// <summary>A domain without a <c>cpu</c> element gets QEMU's default model, which every QEMU has.</summary>
    private static CpuDefinition Cpu(XElement? cpu)
    {
        var model = cpu?.Element("model")?.Value;
        var mode = Attribute(cpu, "mode") ?? (model is null ? "default" : "custom");
        // Of one that libvirt has not been told how to check it is the model alone that is checked (qemuDomainDefCPUPostParse).
        return new CpuDefinition(mode, model)
        {
            Xml = mode is "default" ? null : CpuAlone(cpu!).ToString(SaveOptions.DisableFormatting),
            Checked = Attribute(cpu, "check") is not "none",
        };
    }

    /// <summary>A CPU without what is about the size of the VM (libvirt's "CPU model and topology").</summary>
    internal static XElement CpuAlone(XElement cpu)
    {
        var one = new XElement(cpu);
        one.Elements().Where(static element => element.Name.LocalName is "topology" or "numa" or "cache").Remove();
        return one;
    }

    private static FirmwareDefinition? Firmware(XElement os)
    {
        var loader = os.Element("loader");
        return (Attribute(os, "firmware"), loader?.Value is { Length: > 0 } path ? path : null) switch
        {
            (null, null) => null,
            var (automatic, code) => new FirmwareDefinition(code, automatic, Attribute(loader, "secure") is "yes", Nvram(os), Attribute(os.Element("nvram"), "template")),
        };
    }

    private static IEnumerable<DiskMirror> Mirrors(IEnumerable<XElement> disks)
    {
        foreach (var disk in disks)
        {
            if (disk.Element("mirror") is { } mirror)
                yield return new DiskMirror(Target(disk), Attribute(mirror, "ready") is "yes");
        }
    }

    private static string Target(XElement disk) => Attribute(disk.Element("target"), "dev") ?? "?";

    private static DiskDefinition Disk(XElement disk)
    {
        var paths = new List<string>();
        for (var level = disk; level is not null; level = level.Element("backingStore"))
        {
            var source = level.Element("source");
            if ((Attribute(source, "file") ?? Attribute(source, "dev")) is { } path)
                paths.Add(path);
        }

        return new DiskDefinition(
            Target(disk),
            Attribute(disk, "type") ?? "file",
            paths,
            disk.Element("readonly") is not null,
            Attribute(disk.Element("source"), "pool"),
            disk.Element("transient") is not null)
        {
            Format = Attribute(disk.Element("driver"), "type"),
            Servers = [.. Servers(disk.Element("source"))],
        };
    }

    private static IEnumerable<StorageServer> Servers(XElement? source)
    {
        foreach (var host in source?.Elements("host") ?? [])
        {
            yield return new StorageServer(
                Attribute(source, "protocol") ?? "",
                Attribute(host, "name"),
                int.TryParse(Attribute(host, "port"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null,
                Attribute(host, "transport") is "unix" ? Attribute(host, "socket") : null);
        }
    }

    /// <summary>Without a driver it is QEMU's own (9p), which libvirt calls <c>path</c>.</summary>
    private static FilesystemDefinition Filesystem(XElement item) => new(
        Attribute(item.Element("driver"), "type") ?? "path",
        Attribute(item.Element("source"), "dir"),
        Attribute(item.Element("target"), "dir") ?? "?",
        Attribute(item.Element("source"), "socket"),
        Attribute(item.Element("binary"), "path"));

    private static IEnumerable<string> OtherFiles(XElement domain)
    {
        var os = domain.Element("os");
        string?[] firmware =
        [
            os?.Element("loader")?.Value,
            Nvram(os),
        ];
        // libvirt 10.10 and later have it where the domain says.
        var held = Children(domain.Element("devices"), "tpm").Select(static device => Attribute(device.Element("backend")?.Element("source"), "path"));
        return [.. BootFiles(domain), .. firmware.Concat(held).OfType<string>().Where(path => path.StartsWith('/'))];
    }

    private static string? Nvram(XElement? os) =>
        os?.Element("nvram")?.Value is { Length: > 0 } path ? path : Attribute(os?.Element("nvram")?.Element("source"), "file");

    private static IEnumerable<string> BootFiles(XElement domain)
    {
        var os = domain.Element("os");
        string?[] named = [os?.Element("kernel")?.Value, os?.Element("initrd")?.Value, os?.Element("dtb")?.Value];
        return named.OfType<string>().Where(path => path.StartsWith('/'));
    }

    private static InterfaceDefinition Interface(XElement item)
    {
        var source = item.Element("source");
        return new InterfaceDefinition(
            Attribute(item, "type") ?? "",
            Attribute(source, "network") ?? Attribute(source, "bridge") ?? Attribute(source, "dev"),
            Attribute(item.Element("filterref"), "filter"),
            // Open vSwitch has bridges of its own, named in the same place.
            item.Element("virtualport") is null ? Attribute(source, "bridge") : null,
            Attribute(item.Element("target"), "dev"));
    }

    /// <summary>The channel's name is the agent's own (QEMU's <c>qemu-ga</c>, libvirt's "Guest agent" page).</summary>
    private static bool IsConnectedAgent(XElement? target) =>
        Attribute(target, "name") is "org.qemu.guest_agent.0" && Attribute(target, "state") is "connected";

    private static IEnumerable<Guid> Secrets(XElement domain)
    {
        foreach (var secret in domain.Descendants("secret").Concat(domain.Descendants("encryption")))
        {
            var text = Attribute(secret, "uuid") ?? Attribute(secret, "secret");
            if (Guid.TryParse(text, out var uuid))
                yield return uuid;
        }
    }
}
