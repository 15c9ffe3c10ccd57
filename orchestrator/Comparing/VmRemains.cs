using System.Xml;
using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Comparing;

/// <summary>
/// What a generation keeps of a VM in files of its own, read from these: libvirt-dbus tells nothing of it. Whatever is not
/// libvirt's own is left out.
/// </summary>
internal static class VmRemains
{
    private const int LongestDescription = 1 << 20;

    /// <summary>Its checkpoints, without libvirt's whole description.</summary>
    public static IReadOnlyList<SnapshotRecord> Checkpoints(GenerationPaths paths, string name)
    {
        var directory = VmFiles.Checkpoints(name);
        var seen = Path.Join(paths.LibvirtState, directory);
        return Directory.Exists(seen)
            ?
            [
                .. Directory.EnumerateFiles(seen, "*.xml").Select(Path.GetFileName)
                    .Select(file => Read(paths.LibvirtState, $"{directory}/{file}")).OfType<SnapshotRecord>().OrderBy(static checkpoint => checkpoint.Name, StringComparer.Ordinal),
            ]
            : [];
    }

    /// <summary>A digest of what its virtual TPM holds; empty where it has none.</summary>
    /// <exception cref="EnvironmentException">It cannot be read.</exception>
    public static string Tpm(GenerationPaths paths, Guid uuid)
    {
        var state = VmState.Tpm(uuid);
        try
        {
            using var live = state.Live(paths);
            return live is null ? "" : FileTree.Digest(live, state.Name) ?? "";
        }
        catch (IOException exception)
        {
            throw new EnvironmentException($"the {state.Words} of VM {uuid} cannot be read: {exception.Message}", "See that the file system of HostSwap's state can be read.", exception);
        }
    }

    private static SnapshotRecord? Read(string root, string path)
    {
        try
        {
            return ContainerFiles.ReadText(root, path, LongestDescription) is { } text && DomainXmlReader.Parse(text) is var checkpoint && checkpoint.Element("name")?.Value is { } name
                ? new SnapshotRecord(name, checkpoint.Element("parent")?.Element("name")?.Value, Current: false, Xml: "")
                : null;
        }
        catch (XmlException)
        {
            return null; // libvirt skips a file that it cannot parse.
        }
    }
}
