using HostSwap.Orchestrator.DBus;
using HostSwap.Orchestrator.Libvirt;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Libvirt;

public sealed class HostDescriptionTests
{
    private const string Uuid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

    [Fact]
    public void The_hosts_uuid_is_read() => HostDescription
        .ReadHostUuid($"<capabilities><host><uuid>{Uuid}</uuid></host><guest/></capabilities>")
        .ShouldBe(Guid.Parse(Uuid));

    [Theory]
    [InlineData("")]
    [InlineData("<capabilities/>")]
    [InlineData("<capabilities><host><uuid>x</uuid></host></capabilities>")]
    [InlineData("<!DOCTYPE c [<!ENTITY e '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'>]><c><host><uuid>&e;</uuid></host></c>")]
    public void Other_documents_are_refused(string xml) =>
        Should.Throw<BusFormatException>(() => HostDescription.ReadHostUuid(xml));

    [Theory]
    [InlineData(11_003_000, "11.3.0")]
    [InlineData(9_000_000, "9.0.0")]
    [InlineData(7_002_022, "7.2.22")]
    public void Versions_are_decoded(long number, string version) =>
        HostDescription.DecodeVersion(number).ShouldBe(Version.Parse(version));

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void Absurd_versions_are_refused(long number) =>
        Should.Throw<BusFormatException>(() => HostDescription.DecodeVersion(number));
}
