using System.Xml;
using System.Xml.Linq;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>
/// What tells a canary from a VM: an element of a namespace of ours in its metadata, which libvirt keeps as it is and carries
/// with the domain. Its reserved name alone would not do, since a customer's VM may have it.
/// </summary>
public static class CanaryMark
{
    /// <summary>What every canary's name begins with.</summary>
    public const string Name = "hostswap-canary";

    /// <summary>The namespace of the mark, and of nothing else.</summary>
    public static readonly XNamespace Namespace = "urn:hostswap:canary:1";

    /// <summary>The mark.</summary>
    public static XElement Make() => new(Namespace + "canary", new XAttribute(XNamespace.Xmlns + "hostswap", Namespace));

    /// <summary>Whether a domain's XML has the mark.</summary>
    public static bool IsIn(string xml)
    {
        try
        {
            return DomainXmlReader.Parse(xml).Element("metadata")?.Element(Namespace + "canary") is not null;
        }
        catch (XmlException)
        {
            return false; // Of what cannot be read nobody can say that it is ours; whoever reads it as a VM tells why it cannot.
        }
    }

    /// <summary>Lists the VMs of a host: every domain but canaries, which are nobody's VMs.</summary>
    public static async Task<IReadOnlyList<DomainRecord>> ListVmsAsync(this ILibvirtDomains domains, CancellationToken cancellationToken)
    {
        var (machines, _) = await SplitAsync(domains, cancellationToken);
        return machines;
    }

    /// <summary>Lists the canaries of a host.</summary>
    public static async Task<IReadOnlyList<DomainRecord>> ListCanariesAsync(this ILibvirtDomains domains, CancellationToken cancellationToken)
    {
        var (_, canaries) = await SplitAsync(domains, cancellationToken);
        return canaries;
    }

    private static async Task<(IReadOnlyList<DomainRecord> Machines, IReadOnlyList<DomainRecord> Canaries)> SplitAsync(
        ILibvirtDomains domains, CancellationToken cancellationToken)
    {
        List<DomainRecord> machines = [], canaries = [];
        foreach (var domain in await domains.ListAsync(cancellationToken))
        {
            if (await IsCanaryAsync(domains, domain, cancellationToken) is { } canary)
                (canary ? canaries : machines).Add(domain);
        }

        return (machines, canaries);
    }

    /// <summary>
    /// Few domains are asked for their XML, since few have such a name. A canary is never persistent: whoever defines one has
    /// made it a VM.
    /// </summary>
    /// <returns>Null for one that has ended since it was listed, and is neither.</returns>
    private static async Task<bool?> IsCanaryAsync(ILibvirtDomains domains, DomainRecord domain, CancellationToken cancellationToken)
    {
        if (domain.Persistent || !domain.Name.StartsWith(Name, StringComparison.Ordinal))
            return false;
        try
        {
            return IsIn(await domains.GetXmlAsync(domain.Uuid, DomainXml.Live, cancellationToken));
        }
        catch (Errors.AdapterException)
        {
            if (await domains.FindAsync(domain.Uuid, cancellationToken) is not null)
                throw;
            return null;
        }
    }
}
