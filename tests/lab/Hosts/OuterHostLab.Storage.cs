namespace HostSwap.Lab.Hosts;

/// <content>Storage of the lab.</content>
public sealed partial class OuterHostLab
{
    /// <summary>The size of every image, in MiB.</summary>
    public const int ImageMiB = 64;

    /// <summary>Makes an image in the shared directory, of QEMU's user as libvirt would.</summary>
    /// <param name="generation">Where qemu-img is run.</param>
    /// <param name="name">Its path below the shared directory.</param>
    /// <param name="format">Its format.</param>
    /// <param name="cancellationToken">Stops making it.</param>
    /// <param name="backing">What it is backed by, a qcow2 image, as it shall be written into it.</param>
    public async Task<string> MakeImageAsync(Generation generation, string name, string format, CancellationToken cancellationToken, string? backing = null)
    {
        var path = Path.Join(GuestDirectory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string[] behind = backing is null ? [] : ["-F", "qcow2", "-b", backing];
        await generation.RunAsync(["qemu-img", "create", "-q", "-f", format, .. behind, path, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{ImageMiB}M")], cancellationToken);
        await generation.RunAsync(["chown", LibvirtQemu, path], cancellationToken);
        return path;
    }
}
