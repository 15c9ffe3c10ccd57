using System.Xml;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Preparing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Preparing;

public sealed class RamFilesTests
{
    [Fact]
    public void A_plain_guest_has_one_file()
    {
        var ram = RamFiles.Read(Definitions.Running(Definitions.Of(), id: 7))!;

        ram.Blocks.ShouldBe([new RamBlock("pc.ram", 1L << 30)]);
        ram.Bytes.ShouldBe(1L << 30);
        ram.Directory.ShouldBe("libvirt/qemu/7-web");
        ram.PathInside(4, ram.Blocks[0]).ShouldBe("/run/hostswap/memory/gen-4/libvirt/qemu/7-web/pc.ram");
        ram.PathOutside(new GenerationPaths(new HostSwapPaths("/r"), 4), ram.Blocks[0]).ShouldBe("/r/run/hostswap/memory/gen-4/libvirt/qemu/7-web/pc.ram");
    }

    [Fact]
    public void A_guest_with_NUMA_nodes_has_one_for_each_that_has_RAM()
    {
        var xml = Definitions.Of(
            "<cpu><numa><cell id='0' memory='524288' unit='KiB'/><cell id='2' memory='1' unit='GiB'/><cell id='3' memory='0'/></numa></cpu>");

        RamFiles.Read(Definitions.Running(xml))!.Blocks.ShouldBe([new RamBlock("ram-node0", 512L << 20), new RamBlock("ram-node2", 1L << 30)]);
    }

    [Fact]
    public void One_that_does_not_run_has_none() => RamFiles.Read(Definitions.Parse(Definitions.Of())).ShouldBeNull();

    [Theory]
    [InlineData("web", "web")]
    [InlineData("01234567890123456789", "01234567890123456789")]
    [InlineData("012345678901234567890", "01234567890123456789")]
    [InlineData("naïve-日本語-🐧 and much more", "naïve-日本語-🐧 and much")]
    [InlineData("..", "..")]
    public void Of_a_name_its_first_characters_are_in_the_path(string name, string expected) => RamFiles.ShortNameOf(name).ShouldBe(expected);

    [Theory]
    [InlineData("<domain id='x'><name>a</name></domain>")]
    [InlineData("<domain id='1'/>")]
    [InlineData("<domain id='1'><name>a</name><os><type arch='vax'/></os><memory>1</memory></domain>")]
    [InlineData("<domain id='1'><name>a</name><os><type arch='x86_64'/></os><memory>many</memory></domain>")]
    [InlineData("<domain id='1'><name>a</name><os><type arch='x86_64'/></os></domain>")]
    public void What_is_no_definition_is_refused(string xml) => Should.Throw<XmlException>(() => RamFiles.Read(Definitions.Parse(xml)));
}
