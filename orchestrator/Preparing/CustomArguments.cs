using System.Xml.Linq;
using HostSwap.Orchestrator.Generations;

namespace HostSwap.Orchestrator.Preparing;

/// <summary>What somebody passes on to QEMU past libvirt (<c>qemu:commandline</c>), as far as it stands in handover's way.</summary>
internal static class CustomArguments
{
    /// <summary>QEMU's options that say where RAM is (qemu(1)).</summary>
    private static readonly HashSet<string> MemoryOptions = new(StringComparer.Ordinal) { "m", "mem-path", "mem-prealloc", "numa" };

    /// <summary>Objects and devices with RAM of their own.</summary>
    private static readonly string[] MemoryKinds = ["memory-backend", "pc-dimm", "nvdimm", "virtio-mem", "virtio-pmem", "ivshmem"];

    /// <summary>Every argument that is in the way.</summary>
    public static IEnumerable<Refusal> Conflicts(XElement domain, Guid uuid)
    {
        var ours = HandoverXml.FindMonitor(domain, uuid);
        foreach (var argument in HandoverXml.Arguments(domain).Except(ours))
        {
            var value = HandoverXml.Value(argument);
            if (value.Contains(HandoverXml.MonitorId, StringComparison.Ordinal) || value.Contains(HostImageContract.Qmp + "/", StringComparison.Ordinal))
            {
                yield return new Refusal(
                    "qemu-monitor",
                    $"an argument of its <qemu:commandline> takes the name or the place of the QMP monitor: {value}",
                    "Remove that argument and those that belong to it.");
            }
            else if (ConcernsMemory(value))
            {
                yield return new Refusal("qemu-memory", $"an argument of its <qemu:commandline> concerns its RAM: {value}", "Remove that argument.");
            }
            else if (IsOption(value, "incoming"))
            {
                yield return new Refusal("qemu-incoming", "an argument of its <qemu:commandline> has it wait for a migration: -incoming", "Remove that argument.");
            }
        }
    }

    private static bool ConcernsMemory(string value) =>
        (value.StartsWith('-') && MemoryOptions.Contains(value.TrimStart('-')))
        // In the comma form it begins the value, in JSON and as a machine's property it stands within.
        || Array.Exists(MemoryKinds, kind => value.StartsWith(kind, StringComparison.Ordinal)
            || value.Contains($"\"{kind}", StringComparison.Ordinal)
            || value.Contains($"{kind}=", StringComparison.Ordinal));

    private static bool IsOption(string value, string name) => value.StartsWith('-') && string.Equals(value.TrimStart('-'), name, StringComparison.Ordinal);
}
