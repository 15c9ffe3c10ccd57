using System.Xml;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>
/// The checkpoints of a host's VMs. libvirt-dbus has no call for them, so virsh in the host container is asked, which takes
/// names and XML as arguments and input and never as a shell line.
/// </summary>
/// <param name="engine">Docker, which runs virsh.</param>
/// <param name="container">The host container.</param>
/// <param name="libvirtState">Its <c>/var/lib/libvirt</c> as the outer host sees it.</param>
/// <param name="domains">The host's domains.</param>
internal sealed class VirshCheckpoints(IContainerEngine engine, string container, string libvirtState, ILibvirtDomains domains) : IDomainMoments
{
    /// <summary>Below <c>/var/lib/libvirt</c>: a directory for each VM, with a file for each checkpoint.</summary>
    public const string Directory = "/qemu/checkpoint";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether any VM of a host has checkpoints, by the files in which libvirt keeps them (<c>qemu/checkpoint/NAME/*.xml</c>):
    /// most hosts have none, and virsh costs a tenth of a second each time.
    /// </summary>
    public static bool AnyIn(string libvirtState)
    {
        var root = new DirectoryInfo(Path.Join(libvirtState, Directory));
        return root.Exists && root.EnumerateDirectories().Any(static machine => machine.EnumerateFiles("*.xml").Any());
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SnapshotRecord>> ReadAsync(Guid uuid, CancellationToken cancellationToken)
    {
        if (!AnyIn(libvirtState))
            return [];
        var listed = await VirshAsync(["checkpoint-list", $"{uuid:D}", "--name", "--topological"], cancellationToken);
        var found = new List<SnapshotRecord>();
        foreach (var name in listed.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var xml = await VirshAsync(["checkpoint-dumpxml", $"{uuid:D}", $"--checkpointname={name}", "--security-info"], cancellationToken);
            found.Add(new SnapshotRecord(name, ParentOf(name, xml), Current: false, xml));
        }

        return found;
    }

    /// <inheritdoc/>
    public Task ForgetAsync(Guid uuid, string name, CancellationToken cancellationToken) =>
        VirshAsync(["checkpoint-delete", $"{uuid:D}", $"--checkpointname={name}", "--metadata"], cancellationToken);

    /// <summary>
    /// Which one the next is taken after follows from their order (virDomainCheckpointRedefineCommit). Of a VM that runs libvirt
    /// looks whether the bitmap is in its disks; of another it refuses to.
    /// </summary>
    public async Task RedefineAsync(Guid uuid, SnapshotRecord moment, CancellationToken cancellationToken)
    {
        var runs = await domains.FindAsync(uuid, cancellationToken) is { IsActive: true };
        IReadOnlyList<string> validate = runs ? ["--redefine-validate"] : [];
        await VirshAsync(["checkpoint-create", $"{uuid:D}", "--xmlfile=/dev/stdin", "--redefine", .. validate], cancellationToken, moment.Xml);
    }

    private string? ParentOf(string name, string xml)
    {
        try
        {
            return DomainXmlReader.Parse(xml).Element("parent")?.Element("name")?.Value;
        }
        catch (XmlException exception)
        {
            throw new AdapterException($"virsh in {container}", "checkpoint-dumpxml", $"what it says of {name} is no XML: {exception.Message}", exception);
        }
    }

    private async Task<string> VirshAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken, string? input = null)
    {
        var outcome = await engine.ExecuteAsync(container, ["virsh", "--quiet", "--connect", "qemu:///system", .. arguments], Limit, cancellationToken, input);
        return outcome.ExitCode == 0
            ? outcome.Output
            : throw new AdapterException($"virsh in {container}", arguments[0], outcome.Error.Trim());
    }
}
