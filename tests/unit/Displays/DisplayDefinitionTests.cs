using System.Net;
using HostSwap.Orchestrator.Displays;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Displays;

public sealed class DisplayDefinitionTests
{
    [Theory]
    [InlineData("<graphics type='vnc' port='5900' listen='127.0.0.1'><listen type='address' address='127.0.0.1'/></graphics>", "vnc", "127.0.0.1:5900")]
    [InlineData("<graphics type='vnc' port='5903' listen='0.0.0.0'/>", "vnc", "127.0.0.1:5903")]
    [InlineData("<graphics type='vnc' port='5903'><listen type='address' address='::'/></graphics>", "vnc", "[::1]:5903")]
    [InlineData("<graphics type='spice' port='5904'><listen type='address' address='10.0.0.7'/></graphics>", "spice", "10.0.0.7:5904")]
    [InlineData("<graphics type='vnc' port='5905'><listen type='network' network='lan'/></graphics>", "vnc", "127.0.0.1:5905")]
    [InlineData("<graphics type='sdl'/><graphics type='vnc' port='-1'/><graphics type='vnc' port='5906'/>", "vnc", "127.0.0.1:5906")]
    public void Reads_a_port(string graphics, string protocol, string address) =>
        Read(graphics).ShouldBe(new DisplayDefinition(protocol, IPEndPoint.Parse(address), Socket: null));

    [Theory]
    [InlineData("<graphics type='vnc' socket='/run/vnc.sock'/>")]
    [InlineData("<graphics type='vnc'><listen type='socket' socket='/run/vnc.sock'/></graphics>")]
    public void Reads_a_socket(string graphics) => Read(graphics).ShouldBe(new DisplayDefinition("vnc", Address: null, "/run/vnc.sock"));

    [Theory]
    [InlineData("")]
    [InlineData("<graphics type='egl-headless'/>")]
    [InlineData("<graphics type='vnc' port='-1' autoport='yes'/>")]
    [InlineData("<graphics type='vnc' port='99999'/>")]
    [InlineData("<graphics type='vnc' port='a &lt; b'/>")]
    [InlineData("<graphics type='vnc'><listen type='none'/></graphics>")]
    public void Has_none(string graphics) => Read(graphics).ShouldBeNull();

    private static DisplayDefinition? Read(string graphics) => DisplayDefinition.Read($"<domain><devices>{graphics}</devices></domain>");
}
