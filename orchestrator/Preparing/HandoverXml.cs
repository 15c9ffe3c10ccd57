using System.Xml.Linq;
using HostSwap.Orchestrator.Generations;

namespace HostSwap.Orchestrator.Preparing;

/// <summary>
/// What a domain's XML must say for the VM to be ready for handover: RAM in a file that others can map (libvirt's "Domain XML
/// format", Memory Backing), and a QMP monitor besides libvirt's own (libvirt's "QEMU command-line passthrough").
/// </summary>
internal static class HandoverXml
{
    /// <summary>libvirt's namespace of what it passes on to QEMU.</summary>
    public static readonly XNamespace Qemu = "http://libvirt.org/schemas/domain/qemu/1.0";

    /// <summary>
    /// The namespace of the note on what was there before. It is the note's alone: of several elements of one namespace
    /// libvirt keeps the first and drops the rest (<c>virXMLNodeSanitizeNamespaces</c>).
    /// </summary>
    public static readonly XNamespace Note = "urn:hostswap:prepared:1";

    /// <summary>Id of the monitor's character device in QEMU; nothing else may be called so.</summary>
    public const string MonitorId = "hostswap-qmp";

    /// <summary>The settings of <c>memoryBacking</c>: element, attribute, value.</summary>
    public static readonly IReadOnlyList<BackingSetting> Backing = [new("source", "type", "file"), new("access", "mode", "shared")];

    /// <summary>QEMU's arguments for the monitor. It neither waits for a client nor ends when one leaves.</summary>
    public static IReadOnlyList<string> MonitorArguments(Guid domain) =>
    [
        "-chardev",
        $"socket,id={MonitorId},path={HostImageContract.Qmp}/{HostImageContract.QmpSocketName(domain)},server=on,wait=off",
        "-mon",
        $"chardev={MonitorId},mode=control",
    ];

    /// <summary>The arguments of a domain's QEMU that libvirt does not make itself.</summary>
    public static IReadOnlyList<XElement> Arguments(XElement domain) => [.. domain.Elements(Qemu + "commandline").Elements(Qemu + "arg")];

    /// <summary>Those of <see cref="Arguments"/> that are the monitor's, which stand side by side; empty where it is not there.</summary>
    public static IReadOnlyList<XElement> FindMonitor(XElement domain, Guid uuid)
    {
        var wanted = MonitorArguments(uuid);
        var arguments = Arguments(domain);
        for (var begin = 0; begin + wanted.Count <= arguments.Count; begin++)
        {
            var found = arguments.Skip(begin).Take(wanted.Count).ToList();
            if (found.Select(Value).SequenceEqual(wanted, StringComparer.Ordinal))
                return found;
        }

        return [];
    }

    /// <summary>The value of an argument.</summary>
    public static string Value(XElement argument) => argument.Attribute("value")?.Value ?? "";

    /// <summary>Whether the XML says all that handover needs.</summary>
    public static bool IsPrepared(XElement domain, Guid uuid) => HasSharedFile(domain) && FindMonitor(domain, uuid).Count > 0;

    /// <summary>Whether the domain's RAM is in a file that others can map.</summary>
    public static bool HasSharedFile(XElement domain) => Backing.All(setting => setting.IsSet(domain.Element("memoryBacking")));
}

/// <summary>A setting of <c>memoryBacking</c>.</summary>
/// <param name="Element">Its element.</param>
/// <param name="Attribute">Its attribute.</param>
/// <param name="Wanted">The value that handover needs.</param>
internal sealed record BackingSetting(string Element, string Attribute, string Wanted)
{
    /// <summary>Its value; null where it is not set.</summary>
    public string? Read(XElement? backing) => backing?.Element(Element)?.Attribute(Attribute)?.Value;

    /// <summary>Whether it has the value that handover needs.</summary>
    public bool IsSet(XElement? backing) => string.Equals(Read(backing), Wanted, StringComparison.Ordinal);
}
