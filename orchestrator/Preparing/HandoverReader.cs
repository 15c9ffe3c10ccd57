using System.Xml;
using System.Xml.Linq;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Memory;

namespace HostSwap.Orchestrator.Preparing;

/// <summary>Looks which VMs are ready for handover.</summary>
public sealed class HandoverReader(OuterHostParts parts)
{
    /// <summary>How long a generation may take to answer for all its VMs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Looks at every VM of a generation; one that is gone, or does not answer in time, is left out.</summary>
    public async Task<IReadOnlyDictionary<Guid, HandoverReadiness>> ReadAsync(Generation generation, CancellationToken cancellationToken)
    {
        if (await parts.Engine.FindContainerAsync(generation.ContainerName, cancellationToken) is not { Running: true } container)
            return new Dictionary<Guid, HandoverReadiness>();

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        await using var libvirt = parts.Connector.ConnectLibvirt(generation);
        try
        {
            var domains = await libvirt.Domains.ListVmsAsync(patience.Token);
            var readiness = await Task.WhenAll(domains.Select(domain => ReadAsync(libvirt.Domains, domain, generation, container, patience.Token)));
            return readiness.OfType<(Guid Uuid, HandoverReadiness Readiness)>().ToDictionary(vm => vm.Uuid, vm => vm.Readiness);
        }
        catch (Exception exception) when (exception is AdapterException or DeadlineException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new Dictionary<Guid, HandoverReadiness>();
        }
    }

    /// <summary>Looks at one VM.</summary>
    /// <param name="domains">The domains of its generation.</param>
    /// <param name="domain">The VM.</param>
    /// <param name="generation">Its generation.</param>
    /// <param name="container">That generation's container, which runs.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="AdapterException">libvirt does not tell its XML, as of one that has gone.</exception>
    public async Task<HandoverReadiness> ReadVmAsync(
        ILibvirtDomains domains, DomainRecord domain, Generation generation, ContainerDescription container, CancellationToken cancellationToken)
    {
        var live = await domains.GetXmlAsync(domain.Uuid, DomainXml.Live, cancellationToken);
        var next = domain.Persistent ? await domains.GetXmlAsync(domain.Uuid, DomainXml.Inactive, cancellationToken) : null;
        try
        {
            return HandoverReadiness.Of(new HandoverFacts(
                domain.Uuid,
                DomainXmlReader.Parse(live),
                next is null ? null : DomainXmlReader.Parse(next),
                generation.Paths,
                HandoverMounts.Missing(generation, container, parts.Settings, parts.Kernel),
                new MemoryMount(parts.Settings, parts.Kernel).Find()?.PageSizeBytes,
                LengthOf));
        }
        catch (XmlException exception)
        {
            return new HandoverReadiness(HandoverStage.Impossible, $"its definition cannot be read: {exception.Message}", Ram: null);
        }
    }

    private async Task<(Guid Uuid, HandoverReadiness Readiness)?> ReadAsync(
        ILibvirtDomains domains, DomainRecord domain, Generation generation, ContainerDescription container, CancellationToken cancellationToken)
    {
        try
        {
            return (domain.Uuid, await ReadVmAsync(domains, domain, generation, container, cancellationToken));
        }
        catch (AdapterException)
        {
            // It went away since it was listed; one that still is there and cannot be read is not ready either.
            return await domains.FindAsync(domain.Uuid, cancellationToken) is null
                ? null
                : (domain.Uuid, new HandoverReadiness(HandoverStage.Unavailable, "libvirt does not tell its definition", Ram: null));
        }
    }

    private static long? LengthOf(string path)
    {
        // Of a socket the length is 0; what matters there is that something is.
        var file = new FileInfo(path);
        return file.Exists ? file.Length : null;
    }
}
