using System.Xml;
using System.Xml.Linq;
using HostSwap.Orchestrator.Preparing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Preparing;

public sealed class DefinitionEditorTests
{
    private const string QemuNamespace = " xmlns:qemu=\"http://libvirt.org/schemas/domain/qemu/1.0\"";

    /// <summary>What may stand there before: nothing, other memory, others' metadata, others' arguments.</summary>
    public static TheoryData<string> Forms =>
    [
        Definitions.Of(),
        Definitions.Of("<memoryBacking>\n    <locked/>\n  </memoryBacking>"),
        Definitions.Of("<memoryBacking>\n    <nosharepages/>\n    <source type=\"memfd\"/>\n    <access mode=\"private\"/>\n    <allocation threads=\"2\"/>\n  </memoryBacking>"),
        Definitions.Of("<memoryBacking>\n    <source type=\"file\"/>\n    <access mode=\"shared\"/>\n  </memoryBacking>"),
        Definitions.Of("<metadata>\n    <a:b xmlns:a=\"urn:a\">text &amp; &lt;more&gt;</a:b>\n  </metadata>"),
        Definitions.Of("<metadata/>"),
        Definitions.Of(
            late: "<qemu:commandline>\n    <qemu:arg value=\"-name\"/>\n    <qemu:arg value=\"debug-threads=on\"/>\n    <qemu:env name=\"A\" value=\"b\"/>\n  </qemu:commandline>",
            attributes: QemuNamespace),
        Definitions.Of(late: "<qemu:override>\n    <qemu:device alias=\"x\"/>\n  </qemu:override>", attributes: QemuNamespace),
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_is_prepared_is_ready_and_goes_back_to_what_it_was(string xml)
    {
        var prepared = DefinitionEditor.Prepare(xml, Definitions.Uuid);
        prepared.Changes.ShouldBeTrue();
        HandoverXml.IsPrepared(prepared.After, Definitions.Uuid).ShouldBeTrue();

        var undone = DefinitionEditor.Unprepare(prepared.Xml, Definitions.Uuid);

        undone.Changes.ShouldBeTrue();
        undone.Xml.ShouldBe(prepared.Before.ToString(SaveOptions.DisableFormatting));
        DefinitionEditor.Unprepare(undone.Xml, Definitions.Uuid).Changes.ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_is_prepared_is_not_changed_again(string xml) =>
        DefinitionEditor.Prepare(DefinitionEditor.Prepare(xml, Definitions.Uuid).Xml, Definitions.Uuid).Changes.ShouldBeFalse();

    [Fact]
    public void The_change_is_shown_as_the_lines_that_it_is() =>
        DefinitionEditor.Prepare(Definitions.Of(), Definitions.Uuid).Diff.ShouldBe(
            """
            @@ -1,8 +1,15 @@
            -<domain type="kvm">
            +<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
               <name>web</name>
               <uuid>11111111-2222-3333-4444-555555555555</uuid>
            +  <metadata>
            +    <hostswap:prepared xmlns:hostswap="urn:hostswap:prepared:1" />
            +  </metadata>
               <memory unit="KiB">1048576</memory>
               <currentMemory unit="KiB">1048576</currentMemory>
            +  <memoryBacking>
            +    <source type="file" />
            +    <access mode="shared" />
            +  </memoryBacking>
               <vcpu placement="static">2</vcpu>
               <os>
                 <type arch="x86_64" machine="pc-q35-7.2">hvm</type>
            @@ -10,4 +17,10 @@
               <devices>
                 <emulator>/usr/bin/qemu-system-x86_64</emulator>
               </devices>
            +  <qemu:commandline>
            +    <qemu:arg value="-chardev" />
            +    <qemu:arg value="socket,id=hostswap-qmp,path=/run/hostswap/qmp/11111111-2222-3333-4444-555555555555.sock,server=on,wait=off" />
            +    <qemu:arg value="-mon" />
            +    <qemu:arg value="chardev=hostswap-qmp,mode=control" />
            +  </qemu:commandline>
             </domain>

            """.ReplaceLineEndings("\n"));

    [Fact]
    public void Arguments_of_others_stay_and_the_environment_comes_after_all_of_them()
    {
        var xml = Definitions.Of(
            late: "<qemu:commandline>\n    <qemu:arg value=\"-name\"/>\n    <qemu:env name=\"A\" value=\"b\"/>\n  </qemu:commandline>", attributes: QemuNamespace);

        var commandline = DefinitionEditor.Prepare(xml, Definitions.Uuid).After.Element(HandoverXml.Qemu + "commandline")!;

        commandline.Elements().Select(element => element.Name.LocalName).ShouldBe(["arg", "arg", "arg", "arg", "arg", "env"]);
        HandoverXml.Value(commandline.Elements().First()).ShouldBe("-name");
    }

    [Fact]
    public void What_somebody_changed_since_stays_as_they_have_it()
    {
        var prepared = XElement.Parse(DefinitionEditor.Prepare(Definitions.Of(), Definitions.Uuid).Xml);
        prepared.Element("memoryBacking")!.Element("source")!.SetAttributeValue("type", "memfd");
        prepared.Element("memoryBacking")!.AddFirst(new XElement("locked"));

        var undone = DefinitionEditor.Unprepare(prepared.ToString(), Definitions.Uuid).After;

        undone.Element("memoryBacking")!.Elements().Select(element => element.Name.LocalName).ShouldBe(["locked", "source"]);
        undone.Element("memoryBacking")!.Element("source")!.Attribute("type")!.Value.ShouldBe("memfd");
        undone.Element("metadata").ShouldBeNull();
    }

    [Fact]
    public void Preparing_again_what_was_half_undone_by_hand_remembers_what_was_there_at_first()
    {
        var prepared = XElement.Parse(DefinitionEditor.Prepare(Definitions.Of(), Definitions.Uuid).Xml);
        prepared.Element("memoryBacking")!.Element("access")!.Remove();

        var again = DefinitionEditor.Prepare(prepared.ToString(), Definitions.Uuid);

        again.Changes.ShouldBeTrue();
        DefinitionEditor.Unprepare(again.Xml, Definitions.Uuid).After.Element("memoryBacking").ShouldBeNull();
    }

    [Fact]
    public void Without_a_note_only_the_monitor_is_taken_back()
    {
        var prepared = XElement.Parse(DefinitionEditor.Prepare(Definitions.Of(), Definitions.Uuid).Xml);
        prepared.Element("metadata")!.Remove();

        var undone = DefinitionEditor.Unprepare(prepared.ToString(), Definitions.Uuid).After;

        HandoverXml.FindMonitor(undone, Definitions.Uuid).ShouldBeEmpty();
        HandoverXml.HasSharedFile(undone).ShouldBeTrue();
    }

    [Fact]
    public void The_monitor_of_another_VM_is_none()
    {
        var prepared = DefinitionEditor.Prepare(Definitions.Of(), Guid.NewGuid());

        HandoverXml.IsPrepared(prepared.After, Definitions.Uuid).ShouldBeFalse();
    }

    [Fact]
    public void Passwords_are_not_shown()
    {
        var xml = Definitions.Of(late: "<graphics type=\"vnc\" passwd=\"secret\"/>");

        var edit = DefinitionEditor.Prepare(xml, Definitions.Uuid);

        edit.Diff.ShouldContain("passwd=\"***\"");
        edit.Diff.ShouldNotContain("secret");
        edit.Xml.ShouldContain("passwd=\"secret\"");
    }

    [Theory]
    [InlineData("")]
    [InlineData("<domain")]
    [InlineData("<!DOCTYPE domain [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><domain>&a;</domain>")]
    public void What_is_no_XML_is_refused(string xml) =>
        Should.Throw<XmlException>(() => DefinitionEditor.Prepare(xml, Definitions.Uuid));
}
