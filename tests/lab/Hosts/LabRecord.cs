using System.Text.Json;
using HostSwap.Lab.Processes;
using HostSwap.Orchestrator.Configuration;

namespace HostSwap.Lab.Hosts;

/// <summary>What a lab leaves in its root, so that a later run can remove it when its owner is dead.</summary>
/// <param name="Id">Its short random id.</param>
/// <param name="Owner">The process that made it.</param>
/// <param name="Network">Its Docker network.</param>
/// <param name="Purpose">What it is for, in words.</param>
public sealed record LabRecord(string Id, ProcessIdentity Owner, string Network, string Purpose)
{
    /// <summary>All labs are directories with this prefix.</summary>
    public const string Prefix = "/var/tmp/hslab-";

    private const string FileName = "lab.json";

    /// <summary>
    /// The lab's root: on a real disk, since VM disks are in it, and short, since paths of UNIX sockets must stay below
    /// 108 bytes.
    /// </summary>
    public string Root => Prefix + Id;

    /// <summary>Its paths as hostctl computes them.</summary>
    public HostSwapPaths Paths => new(Root);

    /// <summary>The label that all of its containers and networks carry.</summary>
    public string Label => $"hostswap.instance={Paths.Instance}";

    /// <summary>Directory of its guests' files, bound into every generation at the same path.</summary>
    public string Guests => Path.Join(Root, "vms");

    /// <summary>The image that hostctl builds for it, where it does.</summary>
    public string Image(string suite) => $"{Network}/host:{suite}";

    /// <summary>The operator's part of that image.</summary>
    public string Overlay => Path.Join(Root, "overlay");

    /// <summary>Writes it: before anything else is made.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        // QEMU runs as a user of its own and must be able to reach its files below.
        Directory.CreateDirectory(Root);
        await File.WriteAllTextAsync(Path.Join(Root, FileName), JsonSerializer.Serialize(this), cancellationToken);
    }

    /// <summary>Reads that of a root; null where it is none of ours or was not written to the end.</summary>
    public static LabRecord? Read(string root)
    {
        var file = Path.Join(root, FileName);
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<LabRecord>(File.ReadAllText(file)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
