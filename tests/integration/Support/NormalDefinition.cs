using System.Xml.Linq;

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// Brings a persistent definition into a form in which two releases of libvirt can be compared: elements and attributes
/// in one order, and without what a release adds by itself and the operator never wrote.
/// </summary>
internal static class NormalDefinition
{
    /// <summary>The definition as text, one line for each element or attribute.</summary>
    public static string Of(string xml) => string.Join('\n', Lines(XDocument.Parse(xml).Root!, "").Order(StringComparer.Ordinal));

    private static IEnumerable<string> Lines(XElement element, string parent)
    {
        var path = $"{parent}/{element.Name.LocalName}{Key(element)}";
        if (IsAdded(element)) yield break;
        foreach (var attribute in element.Attributes().Where(static attribute => !attribute.IsNamespaceDeclaration))
            yield return $"{path}@{attribute.Name.LocalName}={attribute.Value}";
        if (!element.HasElements) yield return $"{path}={element.Value}";
        foreach (var line in element.Elements().SelectMany(child => Lines(child, path))) yield return line;
    }

    /// <summary>Devices of one kind are told apart by their place on a bus.</summary>
    private static string Key(XElement element) => element.Element("target")?.Attribute("dev")?.Value
        ?? element.Attribute("index")?.Value
        ?? "";

    // Later releases write out the audio backend and the watchdog that every q35 machine has had all along.
    private static bool IsAdded(XElement element) => element.Name.LocalName is "audio" or "watchdog";
}
