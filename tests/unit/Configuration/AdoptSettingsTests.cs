using HostSwap.Orchestrator.Generations;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

public sealed class AdoptSettingsTests : ConfigurationFixture
{
    [Fact]
    public void Without_a_word_it_is_where_every_distribution_has_it()
    {
        var settings = Load("[storage]\nimages = \"auto\"");

        settings.Paths.Outer.Bus.ShouldBe("/run/dbus/system_bus_socket");
        settings.Paths.Outer.Socket.ShouldBe("/run/libvirt/libvirt-sock");
        settings.Paths.Outer.Configuration.ShouldBe("/etc/libvirt");
        settings.ImagesDirectory.ShouldBeNull();
        HostImageContract.SharedSource("images", settings).ShouldBe(Path.Join(settings.Paths.Shared, "images"));
    }

    [Fact]
    public void Directories_of_the_outer_host_take_the_place_of_HostSwaps_own()
    {
        var settings = Load(
            """
            [storage]
            images = "/var/lib/libvirt/images/"
            nvram = "/var/lib/libvirt/qemu/nvram"
            [adopt]
            root = "/srv/other"
            socket = "/run/else/libvirt-sock"
            cut_networks = ["default"]
            """);

        HostImageContract.SharedSource("images", settings).ShouldBe("/var/lib/libvirt/images");
        HostImageContract.SharedSource("nvram", settings).ShouldBe("/var/lib/libvirt/qemu/nvram");
        settings.Paths.Outer.Bus.ShouldBe("/srv/other/run/dbus/system_bus_socket");
        settings.Paths.Outer.Socket.ShouldBe("/run/else/libvirt-sock");
        settings.Paths.Outer.State.ShouldBe("/srv/other/var/lib/libvirt");
        settings.Adopt.CutNetworks.ShouldBe(["default"]);
    }

    [Theory]
    [InlineData("[storage]\nimages = \"/\"", "the whole outer host")]
    [InlineData("[storage]\nimages = \"images\"", "not an absolute path")]
    [InlineData("[storage]\nimages = \"/var/lib/hostswap/shared/images\"", "leave the key out")]
    [InlineData("[storage]\nshared = [\"/srv/vms\"]\nnvram = \"/srv/vms/nvram\"", "at two paths")]
    [InlineData("[storage]\nshared = [\"/var/lib/libvirt/images\"]", "storage.images")]
    [InlineData("[adopt]\nsocket = \"libvirt-sock\"", "not an absolute path")]
    [InlineData("[adopt]\ncut_networks = [\"a\", \"a\"]", "named twice")]
    [InlineData("[adopt]\ncut_networks = [\"\"]", "no name of a libvirt network")]
    public void What_cannot_be_is_refused(string text, string why) => Problem(text).ShouldContain(why);
}
