using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

public sealed class DeviceSettingsTests : ConfigurationFixture
{
    [Fact]
    public void Devices_are_taken_over_as_they_are_named() =>
        Load("[storage]\ndevices = [\"/dev/vg0/db01\", \"/dev/loop7\"]").Devices.ShouldBe(["/dev/vg0/db01", "/dev/loop7"]);

    [Fact]
    public void Without_any_there_are_none() => Load("").Devices.ShouldBeEmpty();

    [Theory]
    [InlineData("/srv/disk", "2:12: storage.devices: \"/srv/disk\" does not lie in /dev")]
    [InlineData("dev/loop7", "2:12: storage.devices: \"dev/loop7\" is not an absolute path")]
    [InlineData("/dev", "2:12: storage.devices: \"/dev\" does not lie in /dev")]
    [InlineData("/dev/vg0/", "2:12: storage.devices: \"/dev/vg0/\" does not lie in /dev")]
    [InlineData("/dev/../etc/passwd", "2:12: storage.devices: \"/dev/../etc/passwd\" is not in its shortest form")]
    [InlineData("/dev/pts/3", "2:12: storage.devices: \"/dev/pts/3\" lies in /dev/pts")]
    [InlineData("/dev/vg:0", "2:12: storage.devices: \"/dev/vg:0\" contains ':'")]
    public void What_cannot_be_one_is_told_with_its_place(string path, string expected) =>
        Problem($"[storage]\ndevices = [\"{path}\"]").ShouldStartWith(expected);

    [Fact]
    public void One_that_is_named_twice_is_told_at_the_second() =>
        Problem("[storage]\ndevices = [\"/dev/loop7\", \"/dev/loop7\"]").ShouldStartWith("2:26: storage.devices: \"/dev/loop7\" is named twice");
}
