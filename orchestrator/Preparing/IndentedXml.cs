using System.Xml.Linq;

namespace HostSwap.Orchestrator.Preparing;

/// <summary>Changes XML that keeps its white space, so that a change is seen as the lines that it is and no others.</summary>
internal static class IndentedXml
{
    /// <summary>Two spaces a level, as libvirt writes (<c>virBuffer</c>).</summary>
    private const int Width = 2;

    /// <summary>Adds a child on a line of its own, behind the last of its own name and of those that <paramref name="order"/> has before it.</summary>
    /// <param name="parent">Where to.</param>
    /// <param name="child">The child.</param>
    /// <param name="order">Names in the order in which libvirt writes them; one that is not among them is passed over.</param>
    public static void Insert(XElement parent, XElement child, IReadOnlyList<string> order)
    {
        var place = order.TakeWhile(name => !string.Equals(name, child.Name.LocalName, StringComparison.Ordinal))
            .Append(child.Name.LocalName)
            .ToHashSet(StringComparer.Ordinal);
        var before = parent.Elements().LastOrDefault(element => place.Contains(element.Name.LocalName));
        var line = NewLine(parent.AncestorsAndSelf().Count());
        if (before is not null)
            before.AddAfterSelf(line, child);
        else if (parent.Elements().Any())
            parent.AddFirst(line, child);
        else
            parent.ReplaceNodes(line, child, NewLine(parent.Ancestors().Count()));
    }

    /// <summary>Adds a child on a line of its own, behind all others.</summary>
    public static void Append(XElement parent, XElement child)
    {
        var line = NewLine(parent.AncestorsAndSelf().Count());
        if (parent.Elements().LastOrDefault() is { } last)
            last.AddAfterSelf(line, child);
        else
            parent.ReplaceNodes(line, child, NewLine(parent.Ancestors().Count()));
    }

    /// <summary>Removes an element with its line; a parent without any other content is left without white space as well.</summary>
    public static void Remove(XElement element)
    {
        var parent = element.Parent!;
        if (element.PreviousNode is XText { NodeType: System.Xml.XmlNodeType.Text } text && string.IsNullOrWhiteSpace(text.Value))
            text.Remove();
        element.Remove();
        if (!parent.Elements().Any() && string.IsNullOrWhiteSpace(parent.Value) && !parent.Nodes().OfType<XComment>().Any())
            parent.RemoveNodes();
    }

    private static XText NewLine(int depth) => new("\n" + new string(' ', depth * Width));
}
