using System.Xml.Linq;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Preparing;
using HostSwap.Orchestrator.Swapping.Canaries;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping.Canaries;

public sealed class CanaryDefinitionTests
{
    private static readonly Guid Uuid = Guid.NewGuid();

    [Fact]
    public void It_is_a_prepared_vm_of_the_models_machine_and_cpu_without_anything_of_its_own()
    {
        var model = XElement.Parse(DomainXmls.WithDevices(
            Guid.NewGuid(), "db", "<emulator>/usr/bin/qemu</emulator><disk type='file'><source file='/vms/db'/><target dev='vda'/></disk><interface type='bridge'/>"));
        model.SetAttributeValue("id", 3);
        model.Add(
            XElement.Parse("<features><acpi/><apic/><smm state='on'/></features>"),
            XElement.Parse("<cpu mode='custom' match='exact' check='full'><model>Nehalem</model><topology sockets='2'/><feature policy='require' name='vme'/><numa/></cpu>"));

        var xml = CanaryDefinition.Make(model.ToString(), "hostswap-canary", Uuid, 64 << 20);

        CanaryMark.IsIn(xml).ShouldBeTrue();
        var domain = XElement.Parse(xml);
        HandoverXml.IsPrepared(domain, Uuid).ShouldBeTrue();
        domain.Element("cpu")!.ToString(SaveOptions.DisableFormatting).ShouldBe(
            "<cpu mode=\"custom\" match=\"exact\" check=\"none\"><model>Nehalem</model><feature policy=\"require\" name=\"vme\" /></cpu>");
        domain.Element("features")!.Elements().Select(feature => feature.Name.LocalName).ShouldBe(["acpi", "apic"]);
        DomainXmlReader.Read(xml).ShouldSatisfyAllConditions(
            read => (read.VirtType, read.Architecture, read.MachineType, read.Emulator).ShouldBe(("qemu", "x86_64", "pc-q35-7.2", "/usr/bin/qemu")),
            read => read.MemoryBytes.ShouldBe(64 << 20),
            read => read.Disks.ShouldBeEmpty(),
            read => read.Interfaces.ShouldBeEmpty());
        domain.Attribute("id").ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("<cpu><topology sockets='2'/></cpu>")]
    public void A_cpu_that_is_only_a_size_is_left_out(string cpu)
    {
        var model = XElement.Parse(DomainXmls.Plain(Guid.NewGuid(), "db"));
        if (cpu.Length > 0)
            model.Add(XElement.Parse(cpu));

        XElement.Parse(CanaryDefinition.Make(model.ToString(), "hostswap-canary", Uuid, 64 << 20)).Element("cpu").ShouldBeNull();
    }

    [Fact]
    public void Neither_a_name_nor_a_definition_that_cannot_be_read_is_a_mark()
    {
        CanaryMark.IsIn(DomainXmls.Plain(Uuid, CanaryMark.Name)).ShouldBeFalse();
        CanaryMark.IsIn("<domain").ShouldBeFalse();
    }
}
