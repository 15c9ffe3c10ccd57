using System.Xml.Linq;
using HostSwap.Orchestrator.Preparing;

namespace HostSwap.UnitTests.Preparing;

/// <summary>Definitions as libvirt writes them.</summary>
internal static class Definitions
{
    public static readonly Guid Uuid = new("11111111-2222-3333-4444-555555555555");

    /// <summary>A definition with more below <c>domain</c>: before the CPUs, and at the end.</summary>
    public static string Of(string early = "", string late = "", string attributes = "") =>
        $"""
        <domain type="kvm"{attributes}>
          <name>web</name>
          <uuid>{Uuid}</uuid>{Line(early.StartsWith("<metadata", StringComparison.Ordinal) ? early : "")}
          <memory unit="KiB">1048576</memory>
          <currentMemory unit="KiB">1048576</currentMemory>{Line(early.StartsWith("<metadata", StringComparison.Ordinal) ? "" : early)}
          <vcpu placement="static">2</vcpu>
          <os>
            <type arch="x86_64" machine="pc-q35-7.2">hvm</type>
          </os>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
          </devices>{Line(late)}
        </domain>
        """.ReplaceLineEndings("\n");

    public static XElement Parse(string xml) => XElement.Parse(xml);

    /// <summary>The live XML of a VM that was started as it was prepared.</summary>
    public static XElement Running(string xml, int id = 3)
    {
        var domain = new XElement(DefinitionEditor.Prepare(xml, Uuid).After);
        domain.SetAttributeValue("id", id);
        return domain;
    }

    private static string Line(string text) => text.Length == 0 ? "" : "\n  " + text;
}
