using HostSwap.Orchestrator.Libvirt;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Libvirt;

public sealed class LibvirtPathsTests
{
    private const string Path = "/org/libvirt/QEMU/domain/_6695eb01_f6a4_8304_79aa_97f2502e193f";
    private static readonly Guid Uuid = Guid.Parse("6695eb01-f6a4-8304-79aa-97f2502e193f");

    [Fact]
    public void A_domains_path_has_underscores_for_dashes()
    {
        LibvirtPaths.OfDomain(Uuid).ShouldBe(Path);
        LibvirtPaths.TryReadUuid(Path, out var read).ShouldBeTrue();
        read.ShouldBe(Uuid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/org/libvirt/QEMU/domain/6695eb01_f6a4_8304_79aa_97f2502e193f")]
    [InlineData("/org/libvirt/QEMU/domain/_6695eb01_f6a4_8304_79aa_97f2502e193")]
    [InlineData("/org/libvirt/QEMU/domain/_6695eb01_f6a4_8304_79aa_97f2502e193g")]
    public void What_is_no_such_path_is_not_read(string path) =>
        LibvirtPaths.TryReadUuid(path, out _).ShouldBeFalse();

    [Theory]
    [InlineData("_before_2dupgrade_202", "before-upgrade 2")]
    [InlineData("__c3_bc_5f", "ü_")]
    public void A_snapshots_name_is_decoded(string encoded, string name)
    {
        var path = "/org/libvirt/QEMU/domainsnapshot/_6695eb01_f6a4_8304_79aa_97f2502e193f" + encoded;

        LibvirtPaths.TryReadSnapshotName(path, out var read).ShouldBeTrue();
        read.ShouldBe(name);
    }

    [Theory]
    [InlineData("/org/libvirt/QEMU/domainsnapshot/_6695eb01_f6a4_8304_79aa_97f2502e193f_a_2")]
    [InlineData("/org/libvirt/QEMU/domainsnapshot/_6695eb01_f6a4_8304_79aa_97f2502e193f_a_zz")]
    [InlineData("/org/libvirt/QEMU/domainsnapshot/_6695eb01")]
    [InlineData(Path)]
    public void A_damaged_name_is_not_guessed(string path) =>
        LibvirtPaths.TryReadSnapshotName(path, out _).ShouldBeFalse();
}
