using System.Xml.Linq;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>Reads libvirt's domain capabilities document.</summary>
public static class DomainCapabilities
{
    /// <summary>Says why a CPU cannot be had; null where it can.</summary>
    /// <param name="domainCapabilitiesXml">What domains of that kind can have.</param>
    /// <param name="cpu">The CPU that a domain asks for.</param>
    public static string? WhyNoCpu(string domainCapabilitiesXml, CpuDefinition cpu)
    {
        if (string.Equals(cpu.Mode, "default", StringComparison.Ordinal))
            return null;

        var mode = DomainXmlReader.Parse(domainCapabilitiesXml).Elements("cpu").Elements("mode")
            .FirstOrDefault(item => string.Equals(item.Attribute("name")?.Value, cpu.Mode, StringComparison.Ordinal));
        if (mode?.Attribute("supported")?.Value is not "yes")
            return $"CPU mode {cpu.Mode} is not supported";
        if (cpu.Model is null || !string.Equals(cpu.Mode, "custom", StringComparison.Ordinal))
            return null;

        var model = mode.Elements("model").FirstOrDefault(item => string.Equals(item.Value, cpu.Model, StringComparison.Ordinal));
        if (model is null)
            return $"CPU model {cpu.Model} is not known";

        return model.Attribute("usable")?.Value is "no" ? $"CPU model {cpu.Model} is not usable on this machine" : null;
    }
}
