using System.Text.Json;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Planning.Recorded;

/// <summary>
/// What generations have said of themselves, kept for <c>plan --quick</c>: a file for each image. It holds for the kernel and the
/// processor under which it was said, and is written anew by every plan and swap.
/// </summary>
/// <param name="directory">Where the files are.</param>
/// <param name="kernel">The outer host's kernel.</param>
/// <param name="time">The clock.</param>
internal sealed class CapabilityRecords(string directory, IOuterKernel kernel, TimeProvider time)
{
    private const int LargestFile = 64 << 20;

    private static readonly string[] ProcessorKeys = ["vendor_id", "cpu family", "model", "model name", "stepping", "microcode"];

    /// <summary>Keeps what both sides of a plan have said.</summary>
    /// <exception cref="EnvironmentException">It cannot be written.</exception>
    public void Keep(PlanContext context)
    {
        foreach (var (side, answers) in new[] { (context.Source, context.WayBack), (context.Target, context.Answers) })
        {
            var machine = MachineOf(side.InitPid);
            var packages = PackageManifest.Read(kernel, side.InitPid);
            var document = CapabilityDocument.From(side, answers, machine, packages, time.GetUtcNow());
            var earlier = Read(document.ImageId, out _);
            if (!string.Equals(earlier?.Machine, machine, StringComparison.Ordinal))
                earlier = null;
            DurableFile.Replace(FileOf(document.ImageId), file => JsonSerializer.Serialize(file, document.With(earlier), CapabilityJson.Default.CapabilityDocument));
        }
    }

    /// <summary>Finds what an image's generation has said.</summary>
    /// <param name="imageId">Digest of the image.</param>
    /// <param name="initPid">Process id of any generation's init, through which the kernel is seen.</param>
    /// <returns>It, or null with the reason why there is nothing that holds.</returns>
    public (CapabilityDocument? Found, string WhyNot) Find(string imageId, int initPid)
    {
        if (Read(imageId, out var why) is not { } document)
            return (null, why);
        var machine = MachineOf(initPid);
        return string.Equals(document.Machine, machine, StringComparison.Ordinal)
            ? (document, "")
            : (null, $"what is recorded of it was said under another kernel or processor ({document.Machine}), and this is {machine}");
    }

    /// <summary>Kernel and processor, on which what a QEMU can give depends.</summary>
    public string MachineOf(int initPid)
    {
        // The first processor's paragraph (proc(5)); those of one machine are alike.
        var processor = (kernel.ReadText(initPid, "/proc/cpuinfo") ?? "").Split("\n\n")[0].Split('\n')
            .Select(static line => line.Split(':', 2, StringSplitOptions.TrimEntries))
            .Where(static pair => pair.Length == 2 && ProcessorKeys.Contains(pair[0], StringComparer.Ordinal))
            .Select(static pair => pair[0] is "microcode" ? $"microcode {pair[1]}" : pair[1]);
        return $"kernel {kernel.Release}, processor {string.Join(' ', processor)}";
    }

    private string FileOf(string imageId) => Path.Join(directory, $"{imageId[(imageId.IndexOf(':', StringComparison.Ordinal) + 1)..]}.json");

    private CapabilityDocument? Read(string imageId, out string why)
    {
        var path = FileOf(imageId);
        why = "nothing is recorded of it";
        try
        {
            if (!File.Exists(path))
                return null;
            why = $"what is recorded of it in {path} cannot be used";
            if (new FileInfo(path).Length > LargestFile)
                return null;
            var document = JsonSerializer.Deserialize(File.ReadAllBytes(path), CapabilityJson.Default.CapabilityDocument);
            if (document is { Format: CapabilityDocument.CurrentFormat } && string.Equals(document.ImageId, imageId, StringComparison.Ordinal)
                && Version.TryParse(document.Libvirt, out _) && Version.TryParse(document.Hypervisor, out _))
            {
                return document;
            }

            why += document is null or { Format: CapabilityDocument.CurrentFormat } ? "" : $": it has format {document.Format}, and this hostctl knows {CapabilityDocument.CurrentFormat}";
            return null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            why += $": {exception.Message}";
            return null;
        }
    }
}
