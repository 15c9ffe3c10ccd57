using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Preparing;

/// <summary>
/// The files in which a running VM has its RAM: <c>memory_backing_dir/libvirt/qemu/ID-NAME/BLOCK</c> (libvirt's
/// <c>qemuGetMemoryBackingPath</c>, the same in 9.0 and 11.3). Ids are a libvirtd's own, so that both sides of a move have
/// directories of different names.
/// </summary>
/// <param name="DomainId">libvirt's id of the running domain.</param>
/// <param name="ShortName">What of its name is in the path.</param>
/// <param name="Blocks">The RAM blocks that are files; all other memory of a VM (ROMs, video memory) is copied as ever.</param>
public sealed record RamFiles(int DomainId, string ShortName, IReadOnlyList<RamBlock> Blocks)
{
    /// <summary>libvirt keeps so many characters of a name (<c>VIR_DOMAIN_SHORT_NAME_MAX</c>, domain_conf.c).</summary>
    private const int ShortNameCharacters = 20;

    /// <summary>Their directory below a <c>memory_backing_dir</c>.</summary>
    public string Directory => string.Create(CultureInfo.InvariantCulture, $"libvirt/qemu/{DomainId}-{ShortName}");

    /// <summary>RAM in all, in bytes.</summary>
    public long Bytes => Blocks.Sum(block => block.Bytes);

    /// <summary>A block's file as the outer host sees it.</summary>
    public string PathOutside(GenerationPaths generation, RamBlock block) => Path.Join(generation.Memory, Directory, block.Name);

    /// <summary>A block's file as host containers see it, every one of them.</summary>
    public string PathInside(int generation, RamBlock block) => $"{HostImageContract.MemoryOf(generation)}/{Directory}/{block.Name}";

    /// <summary>Reads them from a domain's live XML; null where the domain does not run.</summary>
    /// <exception cref="XmlException">It is no domain's XML, or RAM blocks of its architecture are not known.</exception>
    public static RamFiles? Read(XElement domain)
    {
        if (domain.Attribute("id")?.Value is not { } id)
            return null;
        var name = domain.Element("name")?.Value ?? throw new XmlException("this is the XML of no domain: it has no name");
        return int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new RamFiles(number, ShortNameOf(name), ReadBlocks(domain))
            : throw new XmlException($"'{id}' is no id of a domain");
    }

    /// <summary>
    /// What libvirt makes of a domain's name in paths: its first characters, whole ones, since libvirtd runs with UTF-8
    /// (<c>virDomainDefGetShortName</c>).
    /// </summary>
    public static string ShortNameOf(string name)
    {
        var text = new StringBuilder();
        foreach (var rune in name.EnumerateRunes().Take(ShortNameCharacters))
            text.Append(rune);
        return text.ToString();
    }

    /// <summary>The name of the one RAM block of a guest without NUMA nodes; null where it is not known.</summary>
    /// <remarks>QEMU's <c>default_ram_id</c> of the architecture's machine types, which libvirt takes over.</remarks>
    public static string? DefaultBlock(string architecture) => architecture switch
    {
        "x86_64" or "i686" => "pc.ram",
        "aarch64" => "mach-virt.ram",
        _ => null,
    };

    /// <summary>
    /// With NUMA nodes each has a block of its own, of which libvirt makes the name from the node's number
    /// (<c>qemuBuildNumaCommandLine</c>: <c>ram-node0</c> …).
    /// </summary>
    private static IReadOnlyList<RamBlock> ReadBlocks(XElement domain)
    {
        var nodes = domain.Element("cpu")?.Element("numa")?.Elements("cell").ToList() ?? [];
        if (nodes.Count > 0)
            return [.. nodes.Select(ReadNode).Where(block => block.Bytes > 0)];

        var architecture = domain.Element("os")?.Element("type")?.Attribute("arch")?.Value ?? "";
        var name = DefaultBlock(architecture) ?? throw new XmlException($"the RAM block of architecture '{architecture}' is not known");
        var memory = domain.Element("memory") ?? throw new XmlException("this is the XML of no domain: it has no memory");
        return [new RamBlock(name, DomainXmlReader.Bytes(memory.Value, memory.Attribute("unit")?.Value))];
    }

    private static RamBlock ReadNode(XElement node, int position)
    {
        var number = node.Attribute("id")?.Value ?? position.ToString(CultureInfo.InvariantCulture);
        return new RamBlock($"ram-node{number}", DomainXmlReader.Bytes(node.Attribute("memory")?.Value ?? "0", node.Attribute("unit")?.Value));
    }
}

/// <summary>One RAM block of a guest.</summary>
/// <param name="Name">QEMU's id of it, which is also its file's name.</param>
/// <param name="Bytes">Its size, which is also its file's length.</param>
public sealed record RamBlock(string Name, long Bytes);
