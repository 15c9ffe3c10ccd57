using HostSwap.Orchestrator.Carrying;
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
        ILibvirtHost host, GenerationPaths paths, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var machines = ReadMachinesAsync(host.Domains, paths, cancellationToken);
        var objects = ReadObjectsAsync(host, paths, cancellationToken);
        await Task.WhenAll(machines, objects);
        return new HostContents(at, await machines, await objects);
    }

    /// <summary>Reads what it has besides VMs.</summary>
    public static async Task<IReadOnlyList<HostObject>> ReadObjectsAsync(ILibvirtHost host, GenerationPaths paths, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll([
            .. WithNames.Select(kind => ReadObjectsAsync(HostObject.Of(host, kind), kind, cancellationToken)),
            ReadSecretsAsync(host, paths, cancellationToken)]);
        return [.. found.SelectMany(static items => items).OrderBy(static item => item.Kind).ThenBy(static item => item.Name, StringComparer.Ordinal)];
    }

    /// <summary>Reads its VMs.</summary>
    public static async Task<IReadOnlyList<HostMachine>> ReadMachinesAsync(ILibvirtDomains domains, GenerationPaths paths, CancellationToken cancellationToken)
    {
        var listed = await domains.ListVmsAsync(cancellationToken);
        var found = await Task.WhenAll(listed.Select(domain => ReadMachineAsync(domains, paths, domain, cancellationToken)));
        return [.. found.OfType<HostMachine>().OrderBy(static machine => machine.Name, StringComparer.Ordinal)];
    }

    private static async Task<IReadOnlyList<HostObject>> ReadObjectsAsync(ILibvirtObjects objects, HostObjectKind kind, CancellationToken cancellationToken)
    {
        var listed = (await objects.ListAsync(cancellationToken)).Where(static item => item.Persistent);
        var found = await Task.WhenAll(listed.Select(ReadOneAsync));
        return [.. found.OfType<HostObject>()];

        async Task<HostObject?> ReadOneAsync(LibvirtObject item)
        {
            var xml = await ReadAsync(
                token => objects.GetXmlAsync(item.Name, token),
                async token => (await objects.ListAsync(token)).Any(other => string.Equals(other.Name, item.Name, StringComparison.Ordinal)),
                cancellationToken);
            return xml is null ? null : new HostObject(kind, item.Name, item.Uuid, DefinitionText.Normalise(xml), item.Active, item.Autostart);
        }
    }

    private static async Task<IReadOnlyList<HostObject>> ReadSecretsAsync(ILibvirtHost host, GenerationPaths paths, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll((await host.Secrets.ListAsync(cancellationToken)).Select(ReadOneAsync));
        return [.. found.OfType<HostObject>()];

        async Task<HostObject?> ReadOneAsync(Guid uuid)
        {
            var xml = await ReadAsync(
                token => host.Secrets.GetXmlAsync(uuid, token), async token => (await host.Secrets.ListAsync(token)).Contains(uuid), cancellationToken);
            if (xml is null)
                return null;
            var value = await SecretValues.ReadAsync(host, paths, uuid, xml, cancellationToken);
            return new HostObject(HostObjectKind.Secret, uuid.ToString("D"), uuid, DefinitionText.Normalise(xml), Active: false, Autostart: false, value.InWords);
        }
    }

    private static Task<HostMachine?> ReadMachineAsync(ILibvirtDomains domains, GenerationPaths paths, DomainRecord domain, CancellationToken cancellationToken)
    {
        return ReadAsync(ReadOneAsync, async token => (await domains.FindAsync(domain.Uuid, token))?.Persistent == domain.Persistent, cancellationToken);

        async Task<HostMachine> ReadOneAsync(CancellationToken token)
        {
            var definition = domain.Persistent ? DefinitionText.Normalise(await domains.GetXmlAsync(domain.Uuid, DomainXml.Portable, token)) : "";
            return new HostMachine(domain.Uuid, domain.Name, domain.State, domain.Persistent, domain.Autostart, definition)
            {
                Snapshots = InWords(await domains.ReadSnapshotsAsync(domain.Uuid, token)),
                Tpm = domain.IsActive ? "" : VmRemains.Tpm(paths, domain.Uuid),
                SavedImage = domain.IsActive ? "" : SavedImage.Find(paths, domain.Name)?.InWords ?? "",
                Checkpoints = InWords(VmRemains.Checkpoints(paths, domain.Name)),
            };
        }
    }

    private static string InWords(IReadOnlyList<SnapshotRecord> snapshots) => string.Join(
        ", ", snapshots.Select(static snapshot => $"{(snapshot.Parent is null ? "" : $"{snapshot.Parent} → ")}{snapshot.Name}{(snapshot.Current ? " (current)" : "")}"));

    /// <summary>Reads something; null where it is gone since it was listed, or is another thing now.</summary>
    private static async Task<T?> ReadAsync<T>(
        Func<CancellationToken, Task<T>> read, Func<CancellationToken, Task<bool>> isThere, CancellationToken cancellationToken)
        where T : class
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
