using System.Xml.Linq;
using HostSwap.Orchestrator.Preparing;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>
/// Reads what a domain's definition asks of libvirt and QEMU besides machine, CPU and files. Elements and values are those of
/// libvirt's "Domain XML format", the lists that they are looked up in those of its "Domain capabilities XML format".
/// </summary>
internal static class HardwareReader
{
    /// <summary>Elements of a domain that ask for nothing that one QEMU has and another has not, or that others look at.</summary>
    private static readonly HashSet<string> Plain = new(
        [
            "name", "uuid", "hwuuid", "genid", "title", "description", "metadata", "maxMemory", "memory", "currentMemory", "blkiotune", "iothreads",
            "iothreadids", "defaultiothread", "cputune", "numatune", "resource", "sysinfo", "vcpu", "vcpus", "os", "features", "cpu", "clock",
            "on_poweroff", "on_reboot", "on_crash", "on_lockfailure", "pm", "perf", "idmap", "devices", "seclabel", "memoryBacking", "memtune",
            "throttlegroups",
        ],
        StringComparer.Ordinal);

    /// <summary>Everything, each once.</summary>
    /// <param name="domain">The domain's definition.</param>
    /// <param name="uuid">The domain.</param>
    public static IReadOnlyList<HardwareNeed> Read(XElement domain, Guid uuid) =>
        [.. OfDomain(domain).Concat(OfOthers(domain, uuid)).Concat(domain.Elements("devices").Elements().SelectMany(DeviceReader.Read)).Distinct()];

    private static IEnumerable<HardwareNeed> OfDomain(XElement domain)
    {
        if (domain.Element("iothreads") is not null)
            yield return new HardwareNeed("I/O threads") { Listed = "iothreads", Value = "yes" };
        if (domain.Element("genid") is not null)
            yield return new HardwareNeed("generation id (genid)") { Listed = "features.genid", Value = "yes" };
        if (domain.Element("memoryBacking")?.Element("source")?.Attribute("type")?.Value is { } memory)
            yield return new HardwareNeed($"memory of type {memory}") { Listed = "memoryBacking.sourceType", Value = memory };
        var features = domain.Element("features");
        if (features?.Element("vmcoreinfo") is { } info && info.Attribute("state")?.Value is not "off")
            yield return new HardwareNeed("vmcoreinfo") { Listed = "features.vmcoreinfo", Value = "yes" };
        // libvirt looks at them under KVM alone (qemuProcessVerifyHypervFeatures); elsewhere QEMU leaves them out.
        if (domain.Attribute("type")?.Value is not "kvm")
            yield break;
        foreach (var item in features?.Elements("hyperv").Elements().Where(static item => item.Attribute("state")?.Value is "on") ?? [])
        {
            var name = item.Name.LocalName;
            yield return new HardwareNeed($"Hyper-V feature {name}") { Listed = "features.hyperv.features", Value = name };
        }
    }

    private static IEnumerable<HardwareNeed> OfOthers(XElement domain, Guid uuid)
    {
        foreach (var element in domain.Elements().Where(static element => element.Name.Namespace == XNamespace.None && !Plain.Contains(element.Name.LocalName)))
            yield return new HardwareNeed($"element <{element.Name.LocalName}>") { Known = false };
        if (HandoverXml.Arguments(domain).Except(HandoverXml.FindMonitor(domain, uuid)).Any())
            yield return new HardwareNeed("arguments for QEMU (qemu:commandline)") { Known = false };
        foreach (var element in domain.Elements().Where(static element => element.Name.Namespace == HandoverXml.Qemu && element.Name.LocalName is not "commandline"))
            yield return new HardwareNeed($"element <qemu:{element.Name.LocalName}>") { Known = false };
    }
}
