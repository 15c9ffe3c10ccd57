using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

public sealed class CarrySettingsTests : ConfigurationFixture
{
    [Fact]
    public void Files_and_units_are_taken_over()
    {
        var carry = Load("[carry]\nfiles = [\"/etc/ssh/ssh_host_ed25519_key\", \"/etc/libvirt/hooks/network\", \"/etc/overlay/\"]\nreload = [\"ssh.service\"]").Carry;
        carry.Files.ShouldBe(["/etc/ssh/ssh_host_ed25519_key", "/etc/libvirt/hooks/network", "/etc/overlay"]);
        carry.Reload.ShouldBe(["ssh.service"]);
    }

    [Fact]
    public void Without_any_there_are_none() => Load("").Carry.ShouldSatisfyAllConditions(
        static carry => carry.Files.ShouldBeEmpty(), static carry => carry.Reload.ShouldBeEmpty());

    [Theory]
    [InlineData("etc/ssh", "is not an absolute path")]
    [InlineData("/etc/../proc/1", "is not in its shortest form")]
    [InlineData("/etc/mdevctl.d/parent", "is carried anyway, with the definitions of node devices")]
    [InlineData("/proc/self/mem", "lies in /proc")]
    [InlineData("/run/secrets", "lies in /run")]
    [InlineData("/dev/sda", "lies in /dev")]
    [InlineData("/", "one lies in the other")]
    [InlineData("/etc", "name what is yours in it")]
    [InlineData("/etc/machine-id", "not yours to carry")]
    [InlineData("/etc/libvirt", "is carried by hostctl itself")]
    [InlineData("/etc/libvirt/qemu/web.xml", "is carried by hostctl itself")]
    [InlineData("/etc/libvirt/hooks", "holds /etc/libvirt/hooks/qemu.d/hostswap")]
    [InlineData("/etc/libvirt/hooks/qemu.d/hostswap", "not yours to carry")]
    [InlineData("/var/lib/libvirt/images/a.qcow2", "not yours to carry")]
    [InlineData("/srv/vms/a.qcow2", "shared by all generations already")]
    [InlineData("/srv", "shared by all generations already")]
    public void What_cannot_be_carried_is_told_with_its_place(string path, string expected) =>
        Problem($"[storage]\nshared = [\"/srv/vms\"]\n[carry]\nfiles = [\"{path}\"]").ShouldSatisfyAllConditions(
            problem => problem.ShouldStartWith("4:10: carry.files: "), problem => problem.ShouldContain(expected));

    [Fact]
    public void One_that_lies_in_another_is_told_at_the_second() =>
        Problem("[carry]\nfiles = [\"/etc/ssh\", \"/etc/ssh/key\"]").ShouldStartWith("2:22: carry.files: \"/etc/ssh/key\" and \"/etc/ssh\"");

    [Theory]
    [InlineData("ssh", "is not a name of a systemd unit")]
    [InlineData(".service", "is not a name of a systemd unit")]
    [InlineData("--now.service", "is not a name of a systemd unit")]
    [InlineData("a b.service", "is not a name of a systemd unit")]
    [InlineData("dbus.service", "is not restarted")]
    public void What_is_no_unit_is_told(string unit, string expected) =>
        Problem($"[carry]\nreload = [\"{unit}\"]").ShouldSatisfyAllConditions(
            problem => problem.ShouldStartWith("2:11: carry.reload: "), problem => problem.ShouldContain(expected));
}
