using System.Xml.Linq;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Preparing;

/// <summary>
/// Makes a persistent definition ready for handover, and takes that back. What was there before is noted in the definition's
/// own metadata, so that it goes wherever the definition goes.
/// </summary>
public static class DefinitionEditor
{
    /// <summary>In the note: that there was an empty <c>metadata</c> element, which stays.</summary>
    private const string EmptyMetadata = "metadata";

    /// <summary>libvirt's own order of what comes before the CPUs (<c>virDomainDefFormatInternalSetRootName</c>).</summary>
    private static readonly string[] DomainOrder =
    [
        "name", "uuid", "genid", "hwuuid", "title", "description", "metadata", "maxMemory", "memory", "currentMemory", "blkiotune",
        "memtune", "memoryBacking",
    ];

    /// <summary>libvirt's own order (<c>virDomainMemorybackingFormat</c>).</summary>
    private static readonly string[] BackingOrder = ["hugepages", "nosharepages", "locked", "source", "access", "allocation", "discard"];

    /// <summary>What the definition must become to be ready for handover at its next cold start.</summary>
    /// <param name="xml">libvirt's inactive XML.</param>
    /// <param name="uuid">The domain.</param>
    /// <exception cref="System.Xml.XmlException">It is no well-formed XML.</exception>
    public static DefinitionEdit Prepare(string xml, Guid uuid) => Edit(xml, domain =>
    {
        var note = domain.Element("metadata")?.Element(HandoverXml.Note + "prepared");
        var former = Former(domain.Element("memoryBacking"), note);
        var hadEmptyMetadata = note is null
            ? domain.Element("metadata") is { HasElements: false }
            : note.Attribute(EmptyMetadata) is not null;
        SetBacking(domain);
        if (HandoverXml.FindMonitor(domain, uuid).Count == 0)
            AddMonitor(domain, uuid);
        WriteNote(domain, note, former, hadEmptyMetadata);
    });

    /// <summary>What the definition was before <see cref="Prepare"/>; what somebody has changed since stays as they have it.</summary>
    /// <param name="xml">libvirt's inactive XML.</param>
    /// <param name="uuid">The domain.</param>
    /// <exception cref="System.Xml.XmlException">It is no well-formed XML.</exception>
    public static DefinitionEdit Unprepare(string xml, Guid uuid) => Edit(xml, domain =>
    {
        RemoveMonitor(domain, uuid);
        if (domain.Element("metadata")?.Element(HandoverXml.Note + "prepared") is not { } note)
            return;
        RestoreBacking(domain, note);
        var (metadata, keep) = (note.Parent!, note.Attribute(EmptyMetadata) is not null);
        IndentedXml.Remove(note);
        if (!metadata.HasElements && !keep)
            IndentedXml.Remove(metadata);
    });

    private static DefinitionEdit Edit(string xml, Action<XElement> change)
    {
        var document = DomainXmlReader.ParseWithSpace(xml);
        var before = new XElement(document.Root!);
        change(document.Root!);
        return new DefinitionEdit(before, document.Root!);
    }

    /// <summary>What is to be restored one day: what was noted, as long as that is still what stands there in its place.</summary>
    private static Dictionary<string, string?> Former(XElement? backing, XElement? note) => HandoverXml.Backing.ToDictionary(
        setting => setting.Element,
        setting => note is not null && setting.IsSet(backing) ? note.Attribute(setting.Element)?.Value : setting.Read(backing),
        StringComparer.Ordinal);

    private static void SetBacking(XElement domain)
    {
        if (HandoverXml.HasSharedFile(domain))
            return;
        if (domain.Element("memoryBacking") is not { } backing)
        {
            backing = new XElement("memoryBacking");
            IndentedXml.Insert(domain, backing, DomainOrder);
        }

        foreach (var setting in HandoverXml.Backing)
        {
            if (backing.Element(setting.Element) is not { } element)
            {
                element = new XElement(setting.Element);
                IndentedXml.Insert(backing, element, BackingOrder);
            }

            element.SetAttributeValue(setting.Attribute, setting.Wanted);
        }
    }

    private static void AddMonitor(XElement domain, Guid uuid)
    {
        if (domain.Element(HandoverXml.Qemu + "commandline") is not { } commandline)
        {
            // Where nothing of QEMU's was there before, its prefix is not declared either.
            if (domain.GetPrefixOfNamespace(HandoverXml.Qemu) is null)
                domain.Add(new XAttribute(XNamespace.Xmlns + "qemu", HandoverXml.Qemu));
            commandline = new XElement(HandoverXml.Qemu + "commandline");
            IndentedXml.Append(domain, commandline);
        }

        foreach (var argument in HandoverXml.MonitorArguments(uuid))
            AddArgument(commandline, new XElement(HandoverXml.Qemu + "arg", new XAttribute("value", argument)));
    }

    /// <summary>libvirt writes all arguments before the environment.</summary>
    private static void AddArgument(XElement commandline, XElement argument) => IndentedXml.Insert(commandline, argument, ["arg", "env"]);

    private static void RemoveMonitor(XElement domain, Guid uuid)
    {
        var monitor = HandoverXml.FindMonitor(domain, uuid);
        if (monitor.Count == 0)
            return;
        var commandline = monitor[0].Parent!;
        foreach (var argument in monitor)
            IndentedXml.Remove(argument);
        if (!commandline.HasElements)
            IndentedXml.Remove(commandline);
        // libvirt declares the prefix only where it is used.
        if (!domain.Elements().Any(element => element.Name.Namespace == HandoverXml.Qemu))
            domain.Attributes().Where(IsQemuPrefix).Remove();
    }

    private static bool IsQemuPrefix(XAttribute attribute) =>
        attribute.IsNamespaceDeclaration && string.Equals(attribute.Value, HandoverXml.Qemu.NamespaceName, StringComparison.Ordinal);

    private static void WriteNote(XElement domain, XElement? note, Dictionary<string, string?> former, bool hadEmptyMetadata)
    {
        if (note is null)
        {
            if (domain.Element("metadata") is not { } metadata)
            {
                metadata = new XElement("metadata");
                IndentedXml.Insert(domain, metadata, DomainOrder);
            }

            note = new XElement(HandoverXml.Note + "prepared", new XAttribute(XNamespace.Xmlns + "hostswap", HandoverXml.Note));
            IndentedXml.Append(metadata, note);
        }

        foreach (var (element, value) in former)
            note.SetAttributeValue(element, value);
        note.SetAttributeValue(EmptyMetadata, hadEmptyMetadata ? "empty" : null);
    }

    private static void RestoreBacking(XElement domain, XElement note)
    {
        if (domain.Element("memoryBacking") is not { } backing)
            return;
        foreach (var setting in HandoverXml.Backing.Where(setting => setting.IsSet(backing)))
        {
            if (note.Attribute(setting.Element)?.Value is { } former)
                backing.Element(setting.Element)!.SetAttributeValue(setting.Attribute, former);
            else
                IndentedXml.Remove(backing.Element(setting.Element)!);
        }

        if (!backing.HasElements)
            IndentedXml.Remove(backing);
    }
}

/// <summary>A definition before and after a change.</summary>
/// <param name="Before">As it is.</param>
/// <param name="After">As it is to be.</param>
public sealed record DefinitionEdit(XElement Before, XElement After)
{
    /// <summary>Whether there is anything to change.</summary>
    public bool Changes => !XNode.DeepEquals(Before, After);

    /// <summary>The new definition, for libvirt.</summary>
    public string Xml => After.ToString(SaveOptions.DisableFormatting);

    /// <summary>The change as a unified diff; the passwords of graphical consoles are left out of it.</summary>
    public string Diff => UnifiedDiff.Render(Shown(Before), Shown(After));

    private static string Shown(XElement domain)
    {
        var shown = new XElement(domain);
        foreach (var password in shown.Descendants().Attributes("passwd"))
            password.Value = "***";
        return shown.ToString(SaveOptions.DisableFormatting);
    }
}
