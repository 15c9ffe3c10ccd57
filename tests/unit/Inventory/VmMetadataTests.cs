using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Inventory;

public sealed class VmMetadataTests
{
    [Fact]
    public void It_is_read_as_virsh_metadata_writes_it()
    {
        var metadata = Read("""
            <hs:vm xmlns:hs='urn:hostswap:vm:1'><hs:policy>postcopy</hs:policy><hs:priority> -5 </hs:priority><hs:group>a-b</hs:group></hs:vm>
            <other xmlns='urn:somebody'><policy>x</policy></other>
            """);
        (metadata.Policy, metadata.Priority, metadata.Group).ShouldBe((ConvergencePolicy.PostCopy, -5, "a-b"));
        metadata.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void A_domain_that_says_nothing_has_no_wishes()
    {
        var metadata = Read("");
        (metadata.Policy, metadata.Priority, metadata.Group).ShouldBe((null, null, null));
        metadata.Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("<policy>never</policy>", "<policy> says \"never\"")]
    [InlineData("<policy/>", "<policy> says \"\"")]
    [InlineData("<priority>10.5</priority>", "<priority> says \"10.5\"; -1000 to 1000 is allowed")]
    [InlineData("<priority>1001</priority>", "-1000 to 1000 is allowed")]
    [InlineData("<group>a b</group>", "<group> says \"a b\" is no name of a group")]
    [InlineData("<live>false</live>", "<live> says \"false\"; \"yes\" and \"no\" are allowed")]
    [InlineData("<when_not_live>kill</when_not_live>", "<when_not_live> says \"kill\"; \"refuse\", \"restart\", \"save-restore\", \"detach-reattach\" and \"leave\" are allowed")]
    [InlineData("<polisy>stay</polisy>", "<polisy> is not known")]
    [InlineData("<policy xmlns=''>stay</policy>", "<policy> (in no namespace) is not known")]
    public void What_cannot_be_understood_is_named(string child, string expected)
    {
        var metadata = Read($"<vm xmlns='urn:hostswap:vm:1'>{child}</vm>");
        metadata.Problems.ShouldHaveSingleItem().ShouldContain(expected);
        (metadata.Policy, metadata.Priority, metadata.Group).ShouldBe((null, null, null));
    }

    [Fact]
    public void Another_element_of_the_namespace_is_named() =>
        Read("<domain xmlns='urn:hostswap:vm:1'/>").Problems.ShouldHaveSingleItem().ShouldContain("<domain>");

    private static VmMetadata Read(string metadata) => DomainXmlReader.Read(
        DomainXmls.Plain(Guid.NewGuid(), "web").Replace("<devices />", $"<metadata>{metadata}</metadata><devices />", StringComparison.Ordinal)).Metadata;
}
