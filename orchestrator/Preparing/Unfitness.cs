using System.Text;
using System.Xml.Linq;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Preparing;

/// <summary>A reason why a VM cannot be handed over.</summary>
/// <param name="Code">Its stable name.</param>
/// <param name="Problem">What is wrong, with text from the domain's XML: untrusted.</param>
/// <param name="Fix">What to do about it.</param>
public sealed record Refusal(string Code, string Problem, string Fix);

/// <summary>Everything in a definition with which handover cannot work, whatever else the VM is like.</summary>
public static class Unfitness
{
    /// <summary>A longer name would leave too little of the 255 bytes of a file name for what is added to it.</summary>
    private const int LongestName = 200;

    private const string Copied = "Change that, or leave the VM as it is: it is moved by copying its RAM.";

    /// <summary>Every reason; empty where it can work.</summary>
    /// <param name="domain">The domain's XML, live or inactive.</param>
    /// <param name="uuid">The domain.</param>
    /// <param name="pageSize">Page size of a hugetlbfs memory mount in bytes; null for a tmpfs.</param>
    public static IReadOnlyList<Refusal> Find(XElement domain, Guid uuid, long? pageSize) =>
    [
        .. Name(domain), .. Platform(domain), .. Backing(domain.Element("memoryBacking")), .. Memory(domain), .. Nodes(domain),
        .. Size(domain, pageSize), .. Labels(domain), .. CustomArguments.Conflicts(domain, uuid),
    ];

    private static IEnumerable<Refusal> Name(XElement domain)
    {
        var length = Encoding.UTF8.GetByteCount(domain.Element("name")?.Value ?? "");
        if (length > LongestName)
            yield return new Refusal("name", $"its name is {length} bytes long, and {LongestName} are the most", "Rename it with 'virsh domrename'.");
    }

    private static IEnumerable<Refusal> Platform(XElement domain)
    {
        var type = domain.Attribute("type")?.Value ?? "";
        if (type is not ("kvm" or "qemu"))
            yield return new Refusal("type", $"it is a domain of type '{type}', and only QEMU's can be handed over", Copied);
        var architecture = domain.Element("os")?.Element("type")?.Attribute("arch")?.Value ?? "";
        if (RamFiles.DefaultBlock(architecture) is null)
            yield return new Refusal("architecture", $"what QEMU calls the RAM of architecture '{architecture}' is not known", Copied);
        if (domain.Element("launchSecurity") is { } security)
        {
            yield return new Refusal(
                "launch-security",
                $"its RAM is encrypted for the one QEMU that started it (<launchSecurity type='{security.Attribute("type")?.Value}'>)",
                Copied);
        }
    }

    private static IEnumerable<Refusal> Backing(XElement? backing)
    {
        // With huge pages of its own QEMU is given a directory, makes a file there and unlinks it: nothing is left to be linked.
        if (backing?.Element("hugepages") is not null)
        {
            yield return new Refusal(
                "hugepages",
                "its RAM is in huge pages of its own (<hugepages/>), in a file without a name",
                "Remove <hugepages/>; memory.huge_pages, or memory.backing \"hugetlbfs\", gives prepared VMs huge pages.");
        }

        // The old QEMU would empty the file as it ends, with the new one's guest in it (memory-backend-file, discard-data).
        if (backing?.Element("discard") is not null)
            yield return new Refusal("discard", "its RAM is thrown away when its QEMU ends (<discard/>)", "Remove <discard/>.");

        // Touching a page is reading and writing a byte; on kernels before 5.14 a running guest's own write between is lost.
        if (backing?.Element("allocation")?.Attribute("mode")?.Value is "immediate")
        {
            yield return new Refusal(
                "allocation",
                "all its RAM is touched as its QEMU starts (<allocation mode='immediate'/>), which on a handover is RAM that the guest is using",
                "Remove the mode, or set it to 'ondemand'.");
        }
    }

    private static IEnumerable<Refusal> Memory(XElement domain)
    {
        if (domain.Element("maxMemory") is not null)
        {
            yield return new Refusal(
                "memory-hotplug", "it has slots for memory devices (<maxMemory>), and RAM that comes and goes cannot be handed over", "Remove <maxMemory>.");
        }

        foreach (var device in domain.Elements("devices").Elements("memory"))
            yield return new Refusal("memory-device", $"it has a memory device of model '{device.Attribute("model")?.Value}'", "Remove the device, and give it the RAM as <memory>.");

        // Shared memory of another kind would be taken for RAM that need not be sent, though the new side has another file.
        foreach (var device in domain.Elements("devices").Elements("shmem"))
            yield return new Refusal("shared-memory", $"it has a shared memory device '{device.Attribute("name")?.Value}' (<shmem>)", "Remove the device.");
    }

    private static IEnumerable<Refusal> Nodes(XElement domain)
    {
        foreach (var node in domain.Elements("cpu").Elements("numa").Elements("cell"))
        {
            var name = $"ram-node{node.Attribute("id")?.Value}";
            if (node.Attribute("memAccess")?.Value is { } access and not "shared")
                yield return new Refusal("numa-access", $"the RAM of its NUMA node {name} is not shared (memAccess='{access}')", "Remove memAccess, or set it to 'shared'.");
            if (node.Attribute("discard")?.Value is "yes")
                yield return new Refusal("numa-discard", $"the RAM of its NUMA node {name} is thrown away when its QEMU ends (discard='yes')", "Remove the attribute.");
        }
    }

    /// <summary>A file of hugetlbfs has whole pages (QEMU: "memory size must be a multiple of page size").</summary>
    private static IEnumerable<Refusal> Size(XElement domain, long? pageSize)
    {
        if (pageSize is not { } page || domain.Element("memory") is not { } memory)
            yield break;
        var cells = domain.Elements("cpu").Elements("numa").Elements("cell").ToList();
        var sizes = cells.Count == 0
            ? [DomainXmlReader.Bytes(memory.Value, memory.Attribute("unit")?.Value)]
            : cells.Select(cell => DomainXmlReader.Bytes(cell.Attribute("memory")?.Value ?? "0", cell.Attribute("unit")?.Value));
        foreach (var size in sizes.Where(size => size % page != 0))
        {
            yield return new Refusal(
                "page-size", $"{size >> 10} KiB of its RAM are no whole number of pages of {page >> 10} KiB (memory.page_size)", "Give it RAM in whole pages.");
        }
    }

    /// <summary>Its QEMU would run as a user who may make no socket where the monitor's is, and would not start.</summary>
    private static IEnumerable<Refusal> Labels(XElement domain)
    {
        foreach (var label in domain.Elements("seclabel").Where(label => label.Attribute("model")?.Value is "dac" && label.Attribute("type")?.Value is "static"))
            yield return new Refusal("user", $"its QEMU runs as a user of its own ({label.Element("label")?.Value}), who cannot make the QMP socket", "Remove the <seclabel model='dac'>.");
    }
}
