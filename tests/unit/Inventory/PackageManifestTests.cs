using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Planning;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Inventory;

/// <summary>What a refresh changes, and what it cannot.</summary>
public sealed class PackageManifestTests
{
    [Fact]
    public void What_security_rests_on_comes_first_and_the_rest_by_name()
    {
        InstalledPackage[] now =
        [
            new("zsh", "5.9", "amd64"), new("qemu-system-x86", "1:7.2", "amd64", "qemu"), new("gone", "1", "all"), new("same", "1", "amd64"), new("libc6", "2.36", "amd64", "glibc"),
        ];
        InstalledPackage[] then =
        [
            new("zsh", "5.9-2", "amd64"), new("qemu-system-x86", "1:10.0", "amd64", "qemu"), new("same", "1", "amd64"), new("added", "2", "amd64"), new("libc6", "2.41", "amd64", "glibc"),
        ];

        PackageManifest.Compare(now, then).ShouldBe(
        [
            new PackageChange("libc6", "2.36", "2.41", Sensitive: true),
            new PackageChange("qemu-system-x86", "1:7.2", "1:10.0", Sensitive: true),
            new PackageChange("added", null, "2", Sensitive: false),
            new PackageChange("gone", "1", null, Sensitive: false),
            new PackageChange("zsh", "5.9", "5.9-2", Sensitive: false),
        ]);
    }

    [Fact]
    public void A_package_that_is_built_for_all_machines_from_now_on_is_the_same_package() =>
        PackageManifest.Compare([new("doc", "1", "all")], [new("doc", "1", "all")]).ShouldBeEmpty();

    [Theory]
    [InlineData("""[{"name":"a","version":"1","architecture":"all","source":"b"}]""", 1)]
    [InlineData("[]", null)]
    [InlineData("nonsense", null)]
    [InlineData("""[{"name":"a"}]""", null)]
    [InlineData(null, null)]
    public void A_manifest_that_says_nothing_is_none(string? text, int? count)
    {
        var kernel = new FakeKernel();
        if (text is not null) kernel.Texts[(1, "/usr/share/hostswap/packages.json")] = text;

        (PackageManifest.Read(kernel, 1)?.Count).ShouldBe(count);
    }

    [Theory]
    [InlineData("6.1.0-18-amd64", "6.1.0-25-amd64", "6.1.0-25-amd64")]
    [InlineData("6.1.0-9-amd64", "6.1.0-10-amd64", "6.1.0-10-amd64")]
    [InlineData("6.12.9+deb13-amd64", "6.12.48+deb13-amd64", "6.12.48+deb13-amd64")]
    [InlineData("6.1.0-25-amd64", "6.1.0-18-amd64", null)]
    [InlineData("6.1.0-18-amd64", "6.1.0-18-amd64", null)]
    [InlineData("6.1.0-18-amd64", "6.1.0-25-cloud-amd64", null)]
    [InlineData("6.12.9+deb13-cloud-amd64", "6.12.48+deb13-amd64", null)]
    [InlineData("6.18.44-custom", "lost+found", null)]
    public void A_newer_kernel_is_one_of_the_same_flavour(string running, string installed, string? newer) =>
        KernelReleases.NewerThan(running, [running, installed]).ShouldBe(newer);
}
