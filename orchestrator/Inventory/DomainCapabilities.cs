using System.Xml.Linq;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>What domains of one kind can have on a host: libvirt's domain capabilities, without what hostctl never asks for.</summary>
/// <param name="CpuModes">CPU modes that are supported.</param>
/// <param name="CpuModels">Models of the CPU mode <c>custom</c>, with whether they are deprecated.</param>
/// <param name="Lists">
/// Every list of what there is, by its place in the document (<c>devices.disk.bus</c>); of an element that only is supported or
/// not, <c>yes</c> or <c>no</c>.
/// </param>
public sealed record DomainCapabilities(
    IReadOnlyList<string> CpuModes, IReadOnlyDictionary<string, bool> CpuModels, IReadOnlyDictionary<string, IReadOnlyList<string>> Lists)
{
    /// <summary>Reads libvirt's document.</summary>
    /// <exception cref="System.Xml.XmlException">It is no well-formed XML.</exception>
    public static DomainCapabilities Read(string xml)
    {
        var document = DomainXmlReader.Parse(xml);
        var modes = document.Elements("cpu").Elements("mode").ToList();
        var models = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var model in modes.Where(static mode => mode.Attribute("name")?.Value is "custom").Elements("model"))
            models[model.Value] = model.Attribute("deprecated")?.Value is "yes";
        var lists = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var element in document.Elements().Where(static element => element.Name.LocalName is not "cpu"))
            Add(lists, "", element);
        return new DomainCapabilities(
            [.. modes.Where(static mode => mode.Attribute("supported")?.Value is "yes").Select(static mode => mode.Attribute("name")?.Value).OfType<string>()],
            models,
            lists);
    }

    /// <summary>Says why a CPU cannot be had at all, whatever its features; null where it can.</summary>
    /// <param name="cpu">The CPU that a domain asks for.</param>
    public string? WhyNoCpu(CpuDefinition cpu)
    {
        if (cpu.Mode is "default")
            return null;
        if (!CpuModes.Contains(cpu.Mode, StringComparer.Ordinal))
            return $"CPU mode {cpu.Mode} is not supported";
        return cpu is { Mode: "custom", Model: { } model } && !CpuModels.ContainsKey(model) ? $"CPU model {model} is not known" : null;
    }

    private static void Add(Dictionary<string, IReadOnlyList<string>> lists, string place, XElement element)
    {
        var here = $"{place}{element.Name.LocalName}";
        var supported = element.Attribute("supported")?.Value;
        foreach (var list in element.Elements("enum"))
        {
            // What is not supported at all has nothing of any kind.
            if (supported is not "no" && list.Attribute("name")?.Value is { } name)
                lists[$"{here}.{name}"] = [.. list.Elements("value").Select(static value => value.Value)];
        }

        if (supported is not null)
            lists[here] = [supported];
        foreach (var child in element.Elements().Where(static child => child.Name.LocalName is not "enum" && child.HasElements | child.HasAttributes))
            Add(lists, $"{here}.", child);
    }
}
