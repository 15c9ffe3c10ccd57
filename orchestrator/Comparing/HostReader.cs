using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Comparing;

/// <summary>Reads everything of a host that can be compared. What is transient is left out: nobody counts on it.</summary>
public static class HostReader
{
    private static readonly HostObjectKind[] WithNames = [HostObjectKind.NetworkFilter, HostObjectKind.Network, HostObjectKind.StoragePool];

    /// <summary>Reads all of it.</summary>
    public static async Task<HostContents> ReadAsync(
        ILibvirtHost host, GenerationPaths paths, DateTimeOffset at, CancellationToken cancellationToken) =>
        new(at, await ReadMachinesAsync(host.Domains, cancellationToken), await ReadObjectsAsync(host, paths, cancellationToken));

    /// <summary>Reads what it has besides VMs.</summary>
    public static async Task<IReadOnlyList<HostObject>> ReadObjectsAsync(ILibvirtHost host, GenerationPaths paths, CancellationToken cancellationToken)
    {
        var found = new List<HostObject>();
        foreach (var kind in WithNames)
        {
            var objects = HostObject.Of(host, kind);
            foreach (var item in (await objects.ListAsync(cancellationToken)).Where(static item => item.Persistent))
            {
                if (await ReadAsync(token => objects.GetXmlAsync(item.Name, token), async token => (await objects.ListAsync(token)).Any(Is), cancellationToken) is { } xml)
                    found.Add(new HostObject(kind, item.Name, item.Uuid, DefinitionText.Normalise(xml), item.Active, item.Autostart));

                bool Is(LibvirtObject other) => string.Equals(other.Name, item.Name, StringComparison.Ordinal);
            }
        }

        foreach (var uuid in await host.Secrets.ListAsync(cancellationToken))
        {
            if (await ReadAsync(token => host.Secrets.GetXmlAsync(uuid, token), async token => (await host.Secrets.ListAsync(token)).Contains(uuid), cancellationToken) is not { } xml)
                continue;
            var value = await SecretValues.ReadAsync(host, paths, uuid, xml, cancellationToken);
            found.Add(new HostObject(HostObjectKind.Secret, uuid.ToString("D"), uuid, DefinitionText.Normalise(xml), Active: false, Autostart: false, value.InWords));
        }

        return [.. found.OrderBy(static item => item.Kind).ThenBy(static item => item.Name, StringComparer.Ordinal)];
    }

    private static async Task<IReadOnlyList<HostMachine>> ReadMachinesAsync(ILibvirtDomains domains, CancellationToken cancellationToken)
    {
        var found = new List<HostMachine>();
        foreach (var domain in await domains.ListVmsAsync(cancellationToken))
        {
            var xml = domain.Persistent
                ? await ReadAsync(
                    token => domains.GetXmlAsync(domain.Uuid, DomainXml.Portable, token), async token => await domains.FindAsync(domain.Uuid, token) is { Persistent: true }, cancellationToken)
                : "";
            if (xml is null)
                continue;
            found.Add(new HostMachine(domain.Uuid, domain.Name, domain.State, domain.Persistent, domain.Autostart, xml.Length == 0 ? "" : DefinitionText.Normalise(xml))
            {
                Snapshots = InWords(await domains.ReadSnapshotsAsync(domain.Uuid, cancellationToken)),
            });
        }

        return [.. found.OrderBy(static machine => machine.Name, StringComparer.Ordinal)];
    }

    private static string InWords(IReadOnlyList<SnapshotRecord> snapshots) => string.Join(
        ", ", snapshots.Select(static snapshot => $"{(snapshot.Parent is null ? "" : $"{snapshot.Parent} → ")}{snapshot.Name}{(snapshot.Current ? " (current)" : "")}"));

    /// <summary>Reads a definition; null where the object is gone since it was listed.</summary>
    private static async Task<string?> ReadAsync(
        Func<CancellationToken, Task<string>> read, Func<CancellationToken, Task<bool>> isThere, CancellationToken cancellationToken)
    {
        try
        {
            return await read(cancellationToken);
        }
        catch (AdapterException)
        {
            if (await isThere(cancellationToken))
                throw;
            return null;
        }
    }
}
