using System.Xml;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>Reads what one generation's libvirt holds; a canary is not part of it.</summary>
public static class InventoryReader
{
    /// <summary>Reads everything.</summary>
    public static async Task<HostInventory> ReadAsync(ILibvirtHost host, CancellationToken cancellationToken)
    {
        var networks = host.Networks.ListAsync(cancellationToken);
        var pools = host.StoragePools.ListAsync(cancellationToken);
        var domains = await host.Domains.ListVmsAsync(cancellationToken);
        var machines = await Task.WhenAll(domains.Select(async domain =>
            await ReadVmAsync(host.Domains, domain, cancellationToken) with { AtNextStart = await ReadNextStartAsync(host.Domains, domain, cancellationToken) }));
        return new HostInventory(
            [.. machines.OrderBy(machine => machine.Name, StringComparer.Ordinal)], await networks, await pools);
    }

    /// <summary>Reads one VM.</summary>
    public static async Task<VirtualMachine> ReadVmAsync(
        ILibvirtDomains domains, DomainRecord domain, CancellationToken cancellationToken)
    {
        var snapshots = domains.ListSnapshotsAsync(domain.Uuid, cancellationToken);
        var job = domain.IsActive ? domains.GetJobAsync(domain.Uuid, cancellationToken) : Task.FromResult<DomainJob?>(null);
        var xml = await domains.GetXmlAsync(domain.Uuid, DomainXml.Live, cancellationToken);
        VmDefinition? definition = null;
        string? unreadable = null;
        try
        {
            definition = DomainXmlReader.Read(xml);
        }
        catch (XmlException exception)
        {
            unreadable = exception.Message;
        }

        return new VirtualMachine(domain, definition, await snapshots, await job, unreadable)
        {
            BlockJobs = domain.IsActive && definition is not null
                ? await ReadBlockJobsAsync(domains, domain.Uuid, definition, cancellationToken)
                : new Dictionary<string, BlockJob>(StringComparer.Ordinal),
        };
    }

    private static async Task<VmDefinition?> ReadNextStartAsync(ILibvirtDomains domains, DomainRecord domain, CancellationToken cancellationToken)
    {
        if (domain is not { IsActive: true, Persistent: true })
            return null;
        try
        {
            return DomainXmlReader.Read(await domains.GetXmlAsync(domain.Uuid, DomainXml.Inactive, cancellationToken));
        }
        catch (XmlException)
        {
            return null; // What is wrong with it is told of the live one, where it matters.
        }
    }

    /// <summary>libvirt keeps a job for each disk alone; a disk that is empty can have none.</summary>
    private static async Task<IReadOnlyDictionary<string, BlockJob>> ReadBlockJobsAsync(
        ILibvirtDomains domains, Guid uuid, VmDefinition definition, CancellationToken cancellationToken)
    {
        var jobs = await Task.WhenAll(definition.Disks.Where(static disk => !disk.ReadOnly).Select(async disk =>
            (disk.Target, Job: await domains.GetBlockJobAsync(uuid, disk.Target, cancellationToken))));
        return jobs.Where(static item => item.Job is not null).ToDictionary(static item => item.Target, static item => item.Job!, StringComparer.Ordinal);
    }
}
