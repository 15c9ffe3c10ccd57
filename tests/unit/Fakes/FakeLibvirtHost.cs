using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.UnitTests.Fakes;

/// <summary>One libvirt host in memory.</summary>
internal sealed class FakeLibvirtHost : ILibvirtHost
{
    public FakeDomains Domains { get; } = new();

    ILibvirtDomains ILibvirtHost.Domains => Domains;

    public FakeObjects Networks { get; } = new();

    ILibvirtObjects ILibvirtHost.Networks => Networks;

    public FakeObjects StoragePools { get; } = new();

    ILibvirtObjects ILibvirtHost.StoragePools => StoragePools;

    public FakeObjects NetworkFilters { get; } = new();

    ILibvirtObjects ILibvirtHost.NetworkFilters => NetworkFilters;

    public FakeSecrets Secrets { get; } = new();

    ILibvirtSecrets ILibvirtHost.Secrets => Secrets;

    /// <summary>The libvirt that it is; 12.0 has none of the defects that are known.</summary>
    public Version Version { get; set; } = new(12, 0, 0);

    public Task<LibvirtVersions> ReadVersionsAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new LibvirtVersions(Version, new Version(10, 0, 0)));

    public Task<LibvirtHostDescription> DescribeAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new LibvirtHostDescription(Guid.NewGuid(), Version, new Version(10, 0, 0), "<capabilities/>"));

    /// <summary>What it says of every kind of domain.</summary>
    public string DomainCapabilities { get; set; } = "<domainCapabilities/>";

    /// <summary>Which kinds of domain it was asked for.</summary>
    public List<DomainCapabilitiesQuery> Asked { get; } = [];

    public Task<string> GetDomainCapabilitiesAsync(DomainCapabilitiesQuery query, CancellationToken cancellationToken)
    {
        Asked.Add(query);
        return Task.FromResult(DomainCapabilities);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
