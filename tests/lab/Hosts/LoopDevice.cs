using System.Text.Json;
using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Hosts;

/// <summary>A loop device of the outer host: the block device that every machine can have.</summary>
/// <param name="Path">Its path.</param>
/// <param name="File">The file that it shows.</param>
public sealed record LoopDevice(string Path, string File)
{
    /// <summary>Makes a file and a device that shows it; the janitor takes both away with the lab.</summary>
    public static async Task<LoopDevice> AttachAsync(string file, int mebibytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        await using (var made = new FileStream(file, FileMode.CreateNew)) made.SetLength((long)mebibytes << 20);
        var path = (await Command.RunAsync("losetup", ["--find", "--show", file], cancellationToken)).Succeeded().Output.Trim();
        return new LoopDevice(path, file);
    }

    /// <summary>Detaches every device whose file lies below a directory.</summary>
    public static async Task DetachBelowAsync(string directory, CancellationToken cancellationToken)
    {
        var listed = (await Command.RunAsync("losetup", ["--list", "--json", "--output", "NAME,BACK-FILE"], cancellationToken)).Succeeded().Output;
        if (listed.Trim().Length == 0) return; // There is none at all.
        using var document = JsonDocument.Parse(listed);
        foreach (var device in document.RootElement.GetProperty("loopdevices").EnumerateArray())
        {
            if (device.GetProperty("back-file").GetString()?.StartsWith(directory + "/", StringComparison.Ordinal) == true)
                (await Command.RunAsync("losetup", ["--detach", device.GetProperty("name").GetString()!], cancellationToken)).Succeeded();
        }
    }
}
