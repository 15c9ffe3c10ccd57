using System.Net;
using System.Xml.Linq;
using HostSwap.Lab.Guests;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests.Lab;

/// <summary>No name of a guest can change its definition or its kernel's command line.</summary>
public sealed class DomainXmlWriterTests
{
    [Theory]
    [InlineData("plain", "hs.name=plain")]
    [InlineData("</name><evil/>", "hs.name=nameevil")]
    [InlineData("a b hs.disk=9999", "hs.name=abhsdisk9999")]
    [InlineData("日本", "hs.name=guest")]
    public void A_name_stays_a_name(string name, string word)
    {
        var placement = new GuestPlacement("qemu", "/k", "/i", "/l", null, IPAddress.Parse("10.0.0.2"), IPAddress.Parse("10.0.0.1"), 24);

        var parsed = XDocument.Parse(DomainXmlWriter.Write(new GuestSpec(name), placement).ToString()).Root!;

        parsed.Element("name")!.Value.ShouldBe(name);
        parsed.Elements("evil").ShouldBeEmpty();
        parsed.Element("os")!.Element("cmdline")!.Value.Split(' ').Contains(word, StringComparer.Ordinal).ShouldBeTrue();
    }
}
