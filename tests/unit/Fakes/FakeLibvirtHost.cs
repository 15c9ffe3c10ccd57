using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.UnitTests.Fakes;

/// <summary>One libvirt host in memory, with domains alone.</summary>
internal sealed class FakeLibvirtHost : ILibvirtHost
{
    public FakeDomains Domains { get; } = new();

    ILibvirtDomains ILibvirtHost.Domains => Domains;

    public ILibvirtObjects Networks => throw new NotSupportedException();

    public ILibvirtObjects StoragePools => throw new NotSupportedException();

    /// <summary>The libvirt that it is; 12.0 has none of the defects that are known.</summary>
    public Version Version { get; set; } = new(12, 0, 0);

    public Task<LibvirtVersions> ReadVersionsAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new LibvirtVersions(Version, new Version(10, 0, 0)));

    public Task<LibvirtHostDescription> DescribeAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new LibvirtHostDescription(Guid.NewGuid(), Version, new Version(10, 0, 0), "<capabilities/>"));

    public Task<string> GetDomainCapabilitiesAsync(DomainCapabilitiesQuery query, CancellationToken cancellationToken) =>
        Task.FromResult("<domainCapabilities/>");

    public Task<IReadOnlyList<string>> ListNetworkFiltersAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    public Task<IReadOnlyList<Guid>> ListSecretsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Guid>>([]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
