using HostSwap.Orchestrator.Planning.Checks;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

/// <summary>Models of devices are looked for in what both releases really have.</summary>
public sealed class HardwareCheckTests : IDisposable
{
    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("<video><model type='qxl'/></video>", "video card of type qxl")]
    [InlineData("<graphics type='spice'/>", "display of type spice")]
    [InlineData("<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>", "channel of type spicevmc")]
    [InlineData("<audio id='1' type='spice'/>", "audio by a display of type spice")]
    [InlineData("<interface type='bridge'><model type='pvrdma'/></interface>", "network card of model pvrdma")]
    public void What_the_older_release_alone_has_does_not_go_to_the_newer_and_would_come_back(string device, string words)
    {
        Forward(Releases.Bookworm, Releases.Trixie, device).ShouldBe([$"its {words} does not exist in gen-2 (QEMU 10.0.13, libvirt 11.3.0)"]);
        Forward(Releases.Trixie, Releases.Bookworm, device).ShouldBeEmpty();
        new HardwareCheck().Check(Releases.Plan(_world, Releases.Trixie, Releases.Bookworm, Releases.Vm(device)).Reversed()).Count().ShouldBe(1);
    }

    [Theory]
    [InlineData("<interface type='bridge'><model type='igb'/></interface>", "network card of model igb")]
    [InlineData("<sound model='virtio'/>", "sound card of model virtio")]
    public void What_the_newer_release_alone_has_does_not_go_to_the_older(string device, string words)
    {
        Forward(Releases.Trixie, Releases.Bookworm, device).ShouldBe([$"its {words} does not exist in gen-2 (QEMU 7.2.22, libvirt 9.0.0)"]);
        Forward(Releases.Bookworm, Releases.Trixie, device).ShouldBeEmpty();
    }

    /// <summary>Taken from what libvirt makes of virt-install's definitions for Linux and Windows guests.</summary>
    [Theory]
    [InlineData("<disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk><disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>")]
    [InlineData("<disk type='file' device='disk' model='virtio-transitional'><target dev='vda' bus='virtio'/></disk>")]
    [InlineData("<controller type='usb' model='qemu-xhci'/><controller type='usb' model='ich9-ehci1'/><controller type='usb' model='ich9-uhci3'/><controller type='usb' model='none'/>")]
    [InlineData("<controller type='pci' model='pcie-root'/><controller type='pci' model='pcie-root-port'><model name='pcie-root-port'/></controller>")]
    [InlineData("<controller type='pci' model='dmi-to-pci-bridge'><model name='i82801b11-bridge'/></controller><controller type='sata'/><controller type='ide'/>")]
    [InlineData("<controller type='scsi' model='virtio-scsi'/><controller type='scsi' model='lsilogic'/><controller type='scsi' model='lsisas1068'/><controller type='scsi' model='vmpvscsi'/>")]
    [InlineData("<controller type='virtio-serial'/><controller type='ccid'/><controller type='scsi'/>")]
    [InlineData("<interface type='bridge'><model type='virtio'/></interface><interface type='bridge'><model type='e1000e'/></interface><interface type='network'><model type='rtl8139'/></interface><interface type='bridge'/>")]
    [InlineData("<interface type='bridge'><model type='virtio-non-transitional'/></interface><interface type='bridge'><model type='virtio'/><address type='virtio-mmio'/></interface>")]
    [InlineData("<serial type='pty'><target type='isa-serial'><model name='isa-serial'/></target></serial><console type='pty'><target type='serial'/></console><console type='pty'><target type='virtio'/></console>")]
    [InlineData("<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel><channel type='file'><target type='virtio'/></channel><parallel type='pty'/>")]
    [InlineData("<input type='tablet' bus='usb'/><input type='mouse' bus='ps2'/><input type='keyboard' bus='ps2'/><input type='keyboard' bus='usb'/><input type='tablet' bus='virtio'/><input type='keyboard' bus='virtio'/>")]
    [InlineData("<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>")]
    [InlineData("<graphics type='vnc'/><video><model type='virtio'/></video><video><model type='vga'/></video><audio id='1' type='none'/>")]
    [InlineData("<sound model='ich9'/><sound model='ich6'/><sound model='ac97'/><sound model='es1370'/><sound model='sb16'/><sound model='usb'/><sound model='pcspk'/>")]
    [InlineData("<watchdog model='i6300esb'/><watchdog model='ib700'/><watchdog model='itco'/><memballoon model='virtio'/><memballoon model='none'/>")]
    [InlineData("<hub type='usb'/><redirdev bus='usb' type='tcp'/><smartcard mode='passthrough'/><vsock model='virtio'><cid auto='yes'/></vsock>")]
    [InlineData("<shmem name='x'><model type='ivshmem-plain'/></shmem><memory model='dimm'/><memory model='nvdimm'/><memory model='virtio-mem'/><memory model='virtio-pmem'/>")]
    [InlineData("<iommu model='intel'/><iommu model='virtio'/><panic model='isa'/><panic model='hyperv'/><panic model='pvpanic'/><crypto model='virtio' type='qemu'><backend model='builtin'/></crypto>")]
    [InlineData("<filesystem><driver type='virtiofs'/></filesystem><filesystem/><hostdev mode='subsystem' type='pci'/>")]
    public void Ordinary_devices_are_found_in_both_releases_and_none_is_doubtful(string devices)
    {
        foreach (var (from, to) in new[] { (Releases.Bookworm, Releases.Trixie), (Releases.Trixie, Releases.Bookworm) })
        {
            Forward(from, to, devices).ShouldBeEmpty();
            HardwareCheck.Warnings(Releases.Plan(_world, from, to, Releases.Vm(devices))).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("<frobnicator model='x'/>", "", "device <frobnicator>")]
    [InlineData("<iommu model='smmuv3'/>", "", "IOMMU of model smmuv3")]
    [InlineData("<audio id='1' type='pulseaudio'/>", "", "audio of type pulseaudio")]
    [InlineData("", "<launchSecurity type='sev'/>", "element <launchSecurity>")]
    [InlineData("", "<commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg value='-device'/><arg value='edu'/></commandline>", "arguments for QEMU (qemu:commandline)")]
    [InlineData("", "<override xmlns='http://libvirt.org/schemas/domain/qemu/1.0'/>", "element <qemu:override>")]
    public void What_is_not_known_is_never_passed_over(string device, string rest, string words)
    {
        var plan = Releases.Plan(_world, Releases.Bookworm, Releases.Trixie, Releases.Vm(device, rest));

        HardwareCheck.Warnings(plan).ShouldBe([$"vm: whether gen-2 has the {words} cannot be said"]);
        new HardwareCheck().Check(plan).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("<watchdog model='i6300esb'/>", "pc-q35-7.2", 1)]
    [InlineData("<watchdog model='itco'/><watchdog model='i6300esb'/>", "pc-q35-7.2", 1)]
    [InlineData("<watchdog model='itco'/>", "pc-q35-7.2", 0)]
    [InlineData("<watchdog model='i6300esb'/>", "pc-i440fx-7.2", 0)]
    [InlineData("<watchdog model='i6300esb'/><watchdog model='ib700'/>", "pc-i440fx-7.2", 1)]
    public void An_older_libvirt_takes_one_watchdog_and_the_newer_sees_one_in_every_q35(string devices, string machine, int blockers)
    {
        var back = Releases.Plan(_world, Releases.Trixie, Releases.Bookworm, Releases.Vm(devices, machine: machine));
        new WatchdogCheck().Check(back).Count().ShouldBe(blockers);
        new WatchdogCheck().Check(back.Reversed()).ShouldBeEmpty("the newer takes several");
        new WatchdogCheck().Check(Releases.Plan(_world, Releases.Bookworm, Releases.Bookworm, Releases.Vm("<watchdog model='i6300esb'/>"))).ShouldBeEmpty();
    }

    [Fact]
    public void Every_reason_is_told_at_once() => Forward(
        Releases.Bookworm,
        Releases.Trixie,
        "<video><model type='qxl'/></video><graphics type='spice'/><interface type='bridge'><model type='gone'/></interface><interface type='bridge'><model type='gone'/></interface>")
        .Count.ShouldBe(3);

    [Fact]
    public void What_belongs_to_no_device_is_looked_for_too()
    {
        var plan = Releases.Plan(_world, Releases.Bookworm, Releases.Trixie, Releases.Vm("", "<iothreads>2</iothreads><genid/><memoryBacking><source type='memfd'/></memoryBacking><features><vmcoreinfo state='on'/></features>"));
        new HardwareCheck().Check(plan).ShouldBeEmpty();
        HardwareCheck.Warnings(plan).ShouldBeEmpty();

        var bad = Releases.Plan(_world, Releases.Bookworm, Releases.Trixie, Releases.Vm("", "<memoryBacking><source type='drum'/></memoryBacking>"));
        new HardwareCheck().Check(bad).ShouldHaveSingleItem().Problem.ShouldContain("memory of type drum");
    }

    [Fact]
    public void An_emulator_that_does_not_answer_makes_doubtful_and_forbids_nothing()
    {
        var plan = Releases.Plan(_world, Releases.Bookworm, Releases.Trixie, Releases.Vm("<interface type='bridge'><model type='e1000'/></interface><video><model type='vga'/></video>"));
        plan = plan with
        {
            Answers = plan.Answers with
            {
                Emulators = new Dictionary<string, Orchestrator.Planning.EmulatorAnswer> { [Releases.Emulator] = new(new HashSet<string>(), "no such file") },
            },
        };

        new HardwareCheck().Check(plan).ShouldBeEmpty();
        HardwareCheck.Warnings(plan).ShouldBe(
        [
            "vm: whether gen-2 has the network card of model e1000 cannot be said",
            $"{Releases.Emulator} in gen-2 did not tell which devices it has: no such file",
        ]);
    }

    private List<string> Forward(string from, string to, string devices) =>
        [.. new HardwareCheck().Check(Releases.Plan(_world, from, to, Releases.Vm(devices))).Select(static blocker => blocker.Problem)];
}
