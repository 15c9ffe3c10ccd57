using System.Xml;
using HostSwap.Orchestrator.Inventory;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Inventory;

public sealed class DomainXmlReaderTests
{
    private const string Rich = """
        <domain type='kvm'>
          <memory unit='GiB'>2</memory>
          <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
            <loader readonly='yes'>/usr/share/OVMF/OVMF_CODE.fd</loader><nvram>/var/lib/libvirt/qemu/nvram/a.fd</nvram></os>
          <cpu mode='custom' match='exact'><model fallback='forbid'>Nehalem</model></cpu>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
            <disk type='file' device='disk'><source file='/v/top.qcow2'/><backingStore type='file'><source file='/v/base.qcow2'/><backingStore/></backingStore><target dev='vda'/></disk>
            <disk type='block' device='disk'><source dev='/dev/vg/a'/><mirror type='file' job='copy'/><target dev='vdb'/></disk>
            <disk type='volume' device='disk'><source pool='images' volume='x'/><target dev='vdc'/></disk>
            <disk type='file' device='cdrom'><target dev='sda'/><readonly/></disk>
            <interface type='bridge'><source bridge='br0'/><filterref filter='clean-traffic'/><target dev='vnet0'/></interface>
            <interface type='network'><source network='backstage'/></interface>
            <interface type='direct'><source dev='eth1'/></interface>
            <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>
            <hostdev mode='subsystem' type='pci'/>
            <memory model='dimm'><target><size unit='MiB'>512</size></target></memory>
            <filesystem><source dir='/srv/share'/></filesystem>
          </devices>
        </domain>
        """;

    [Fact]
    public void Everything_that_a_plan_needs_is_read()
    {
        var vm = DomainXmlReader.Read(Rich);

        vm.MachineType.ShouldBe("pc-q35-7.2");
        vm.Cpu.ShouldSatisfyAllConditions(static cpu => cpu.Mode.ShouldBe("custom"), static cpu => cpu.Model.ShouldBe("Nehalem"), static cpu => cpu.Checked.ShouldBeTrue());
        vm.MemoryBytes.ShouldBe((2L << 30) + (512L << 20));
        vm.Disks.Select(disk => disk.Target).ShouldBe(["vda", "vdb", "vdc", "sda"]);
        vm.Disks[0].Paths.ShouldBe(["/v/top.qcow2", "/v/base.qcow2"]);
        vm.Disks[2].Pool.ShouldBe("images");
        vm.Disks[3].ReadOnly.ShouldBeTrue();
        vm.Mirrors.ShouldBe([new DiskMirror("vdb", Ready: false)]);
        vm.OtherFiles.ShouldBe(["/usr/share/OVMF/OVMF_CODE.fd", "/var/lib/libvirt/qemu/nvram/a.fd"]);
        vm.Interfaces[0].ShouldBe(new InterfaceDefinition("bridge", "br0", "clean-traffic", "br0", "vnet0"));
        vm.AgentConnected.ShouldBeTrue();
        vm.HostDevices.Count.ShouldBe(2);
        vm.Filesystems.Select(static share => share.Directory).ShouldBe(["/srv/share"]);
    }

    [Fact]
    public void What_it_boots_from_without_a_disk_is_told_apart()
    {
        var vm = DomainXmlReader.Read("""
            <domain type="kvm"><os><type machine="q35">hvm</type>
              <kernel>/boot/vmlinuz</kernel><initrd>/boot/initrd</initrd><loader>/usr/share/OVMF/OVMF_CODE.fd</loader>
            </os></domain>
            """);
        vm.BootFiles.ShouldBe(["/boot/vmlinuz", "/boot/initrd"]);
        vm.OtherFiles.ShouldBe(["/boot/vmlinuz", "/boot/initrd", "/usr/share/OVMF/OVMF_CODE.fd"]);
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a 'b'>]><domain><os><type>&a;</type></os></domain>")]
    [InlineData("<network/>")]
    [InlineData("<domain/>")]
    [InlineData("not xml")]
    [InlineData("<domain><memory unit='parsec'>1</memory><os><type/></os></domain>")]
    [InlineData("<domain><memory unit='TiB'>99999999999999</memory><os><type/></os></domain>")]
    [InlineData("<domain><memory>-1</memory><os><type/></os></domain>")]
    public void Hostile_or_broken_xml_is_refused(string xml) => Should.Throw<XmlException>(() => DomainXmlReader.Read(xml));

    [Fact]
    public void Machine_types_are_found_by_name_and_canonical_name()
    {
        const string Capabilities = """
            <capabilities><guest><arch name='x86_64'>
              <machine canonical='pc-q35-10.0'>q35</machine><machine>pc-q35-7.2</machine>
              <domain type='qemu'/></arch></guest></capabilities>
            """;
        HostCapabilities.Supports(Capabilities, "x86_64", "qemu", "pc-q35-7.2").ShouldBe(MachineSupport.Yes);
        HostCapabilities.Supports(Capabilities, "x86_64", "qemu", "pc-q35-10.0").ShouldBe(MachineSupport.Yes);
        HostCapabilities.Supports(Capabilities, "x86_64", "qemu", "pc-q35-11.0").ShouldBe(MachineSupport.NoMachineType);
        HostCapabilities.Supports(Capabilities, "x86_64", "kvm", "pc-q35-7.2").ShouldBe(MachineSupport.NoVirtType);
        HostCapabilities.Supports(Capabilities, "s390x", "kvm", "pc-q35-7.2").ShouldBe(MachineSupport.NoArchitecture);
    }

    [Theory]
    [InlineData("custom", "Nehalem", null)]
    [InlineData("custom", "Future", "not known")]
    [InlineData("host-passthrough", null, "not supported")]
    [InlineData("default", null, null)]
    public void Cpus_are_looked_up(string mode, string? model, string? expected)
    {
        const string Capabilities = """
            <domainCapabilities><cpu><mode name='host-passthrough' supported='no'/>
            <mode name='custom' supported='yes'><model usable='yes'>Nehalem</model></mode></cpu></domainCapabilities>
            """;
        var why = DomainCapabilities.Read(Capabilities).WhyNoCpu(new CpuDefinition(mode, model));
        if (expected is null)
            why.ShouldBeNull();
        else
            why!.ShouldContain(expected);
    }
}
