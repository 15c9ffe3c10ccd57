using System.Xml;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Generations;

/// <summary>
/// The persistent definitions of a generation as libvirt keeps them on disk, one in each
/// <c>/etc/libvirt/qemu/NAME.xml</c>: what can be seen of a generation whose libvirt does not run.
/// </summary>
public static class DefinitionFiles
{
    /// <summary>The files of all definitions.</summary>
    public static IReadOnlyList<string> All(GenerationPaths paths)
    {
        var directory = Path.Join(paths.LibvirtConfiguration, "qemu");
        return Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory, "*.xml")] : [];
    }

    /// <summary>Finds a domain's definition; null where there is none.</summary>
    public static DomainRecord? Find(GenerationPaths paths, Guid uuid) =>
        List(paths).FirstOrDefault(domain => domain.Uuid == uuid);

    /// <summary>Every domain that is defined.</summary>
    public static IReadOnlyList<DomainRecord> List(GenerationPaths paths) => [.. All(paths).Select(Read).OfType<DomainRecord>()];

    private static DomainRecord? Read(string file)
    {
        try
        {
            var domain = DomainXmlReader.Parse(File.ReadAllText(file));
            return Guid.TryParse(domain.Element("uuid")?.Value, out var uuid)
                ? new DomainRecord(uuid, domain.Element("name")?.Value ?? "", DomainState.ShutOff, StateReason: 0, Persistent: true, Autostart: false)
                : null;
        }
        catch (XmlException)
        {
            return null; // libvirt skips a file that it cannot parse, and so defines nothing by it.
        }
        catch (FileNotFoundException)
        {
            return null; // Undefined since it was listed.
        }
    }
}
