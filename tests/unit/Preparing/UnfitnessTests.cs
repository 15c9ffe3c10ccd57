using HostSwap.Orchestrator.Preparing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Preparing;

public sealed class UnfitnessTests
{
    private const string QemuNamespace = " xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\"";

    [Theory]
    [InlineData("<memoryBacking><hugepages/></memoryBacking>", "hugepages")]
    [InlineData("<memoryBacking><discard/></memoryBacking>", "discard")]
    [InlineData("<memoryBacking><allocation mode='immediate'/></memoryBacking>", "allocation")]
    [InlineData("<maxMemory slots='4'>4194304</maxMemory>", "memory-hotplug")]
    [InlineData("<devices><memory model='dimm'/></devices>", "memory-device")]
    [InlineData("<devices><memory model='nvdimm'/></devices>", "memory-device")]
    [InlineData("<devices><memory model='virtio-mem'/></devices>", "memory-device")]
    [InlineData("<devices><memory model='virtio-pmem'/></devices>", "memory-device")]
    [InlineData("<devices><shmem name='x'/></devices>", "shared-memory")]
    [InlineData("<cpu><numa><cell id='1' memory='1048576' memAccess='private'/></numa></cpu>", "numa-access")]
    [InlineData("<cpu><numa><cell id='1' memory='1048576' discard='yes'/></numa></cpu>", "numa-discard")]
    [InlineData("<launchSecurity type='sev'/>", "launch-security")]
    [InlineData("<seclabel type='static' model='dac'><label>+0:+0</label></seclabel>", "user")]
    public void What_cannot_work_is_refused_by_name(string early, string code)
    {
        var refusal = Unfitness.Find(Definitions.Parse(Definitions.Of(early)), Definitions.Uuid, pageSize: null).ShouldHaveSingleItem();

        refusal.Code.ShouldBe(code);
        refusal.Problem.ShouldNotBeEmpty();
        refusal.Fix.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("<memoryBacking><nosharepages/><locked/><source type='memfd'/><access mode='private'/><allocation mode='ondemand'/></memoryBacking>")]
    [InlineData("<memoryBacking><source type='anonymous'/></memoryBacking>")]
    [InlineData("<cpu><numa><cell id='0' memory='524288'/><cell id='1' memory='524288' memAccess='shared'/></numa></cpu>")]
    [InlineData("<seclabel type='dynamic' model='dac' relabel='yes'/>")]
    public void What_can_work_is_not(string early) =>
        Unfitness.Find(Definitions.Parse(Definitions.Of(early)), Definitions.Uuid, pageSize: null).ShouldBeEmpty();

    [Theory]
    [InlineData("id=hostswap-qmp", "qemu-monitor")]
    [InlineData("socket,id=mine,path=/run/hostswap/qmp/other.sock", "qemu-monitor")]
    [InlineData("-mem-path", "qemu-memory")]
    [InlineData("--numa", "qemu-memory")]
    [InlineData("memory-backend-file,id=x", "qemu-memory")]
    [InlineData("{\"qom-type\":\"memory-backend-ram\"}", "qemu-memory")]
    [InlineData("q35,memory-backend=x", "qemu-memory")]
    [InlineData("ivshmem-plain,memdev=x", "qemu-memory")]
    [InlineData("-incoming", "qemu-incoming")]
    public void An_argument_that_is_in_the_way_is_refused(string value, string code) =>
        Unfitness.Find(WithArgument(value), Definitions.Uuid, pageSize: null).ShouldHaveSingleItem().Code.ShouldBe(code);

    [Theory]
    [InlineData("-name")]
    [InlineData("-mon")]
    [InlineData("chardev=mine,mode=control")]
    [InlineData("-memory")]
    public void Any_other_argument_is_not(string value) => Unfitness.Find(WithArgument(value), Definitions.Uuid, pageSize: null).ShouldBeEmpty();

    [Fact]
    public void The_monitor_itself_is_not_in_its_own_way() =>
        Unfitness.Find(Definitions.Running(Definitions.Of()), Definitions.Uuid, pageSize: null).ShouldBeEmpty();

    [Theory]
    [InlineData(200, 0)]
    [InlineData(201, 1)]
    public void A_name_has_a_greatest_length_in_bytes(int bytes, int refusals)
    {
        var name = new string('ä', bytes / 2) + new string('x', bytes % 2);
        var domain = Definitions.Parse(Definitions.Of().Replace("<name>web<", $"<name>{name}<", StringComparison.Ordinal));

        Unfitness.Find(domain, Definitions.Uuid, pageSize: null).Count(refusal => refusal.Code == "name").ShouldBe(refusals);
    }

    [Theory]
    [InlineData("type=\"kvm\"", "type=\"xen\"", "type")]
    [InlineData("arch=\"x86_64\"", "arch=\"s390x\"", "architecture")]
    public void Another_platform_is_refused(string right, string wrong, string code) =>
        Unfitness.Find(Definitions.Parse(Definitions.Of().Replace(right, wrong, StringComparison.Ordinal)), Definitions.Uuid, pageSize: null)
            .ShouldHaveSingleItem().Code.ShouldBe(code);

    [Theory]
    [InlineData("", 1L << 30, 0)]
    [InlineData("", 2L << 30, 1)]
    [InlineData("<cpu><numa><cell id='0' memory='2048'/><cell id='1' memory='3072'/></numa></cpu>", 2L << 20, 1)]
    public void RAM_must_be_whole_pages_of_hugetlbfs(string early, long page, int refusals) =>
        Unfitness.Find(Definitions.Parse(Definitions.Of(early)), Definitions.Uuid, page).Count(refusal => refusal.Code == "page-size").ShouldBe(refusals);

    private static System.Xml.Linq.XElement WithArgument(string value) => Definitions.Parse(Definitions.Of(
        late: $"<qemu:commandline><qemu:arg value='{value}'/></qemu:commandline>", attributes: QemuNamespace));
}
