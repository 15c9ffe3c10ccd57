using System.Globalization;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>Block devices of the outer host: which of them it does not need itself.</summary>
internal static class BlockDevices
{
    /// <summary>Says why a device must not be written to by a VM; null where it may.</summary>
    /// <param name="path">Its path on the outer host; a link, as LVM's names are, is followed.</param>
    public static string? WhyNotGiven(string path)
    {
        if (ContainerFiles.Look(Environment.ProcessId, path) is not { } facts)
            return $"{path} does not exist";
        if (!facts.IsBlockDevice)
            return $"{path} is not a block device";
        var used = Used();
        // A file system may be on a partition of it, or on a volume that is made of it.
        return WithAllOnIt(Directory($"/sys/dev/block/{Number(facts.NamedDevice)}")).Prepend(facts.NamedDevice)
            .Select(device => used.GetValueOrDefault(device))
            .FirstOrDefault(static use => use is not null) is { } use
            ? $"{path} is in use by the outer host itself: {use}"
            : null;
    }

    /// <summary>Devices that are mounted or swapped to, with the use in words.</summary>
    private static Dictionary<ulong, string> Used()
    {
        var used = new Dictionary<ulong, string>();
        foreach (var mount in new KernelMounts().List())
        {
            used.TryAdd(mount.Device, $"it is mounted on {mount.Target}");
            if (mount.Source.StartsWith("/dev/", StringComparison.Ordinal) && ContainerFiles.Look(Environment.ProcessId, mount.Source) is { IsBlockDevice: true } source)
                used.TryAdd(source.NamedDevice, $"it is mounted on {mount.Target}");
        }

        foreach (var line in File.ReadLines("/proc/swaps").Skip(1))
        {
            if (ContainerFiles.Look(Environment.ProcessId, line.Split(' ', 2)[0]) is { IsBlockDevice: true } device)
                used.TryAdd(device.NamedDevice, "it is swap space");
        }

        return used;
    }

    /// <summary>Partitions of a device, and what the kernel says is built on it (<c>holders</c>), to the top.</summary>
    private static IEnumerable<ulong> WithAllOnIt(string? directory)
    {
        if (directory is null)
            yield break;
        var above = System.IO.Directory.EnumerateDirectories(directory).Where(static child => File.Exists(Path.Join(child, "partition")));
        if (Directory(Path.Join(directory, "holders")) is { } holders)
            above = above.Concat(System.IO.Directory.EnumerateDirectories(holders));
        foreach (var child in above.ToList())
        {
            if (DeviceNumber.ParseDecimal(File.ReadAllText(Path.Join(child, "dev")).Trim()) is { } device)
                yield return device;
            foreach (var further in WithAllOnIt(child))
                yield return further;
        }
    }

    private static string? Directory(string path) => System.IO.Directory.Exists(path) ? path : null;

    private static string Number(ulong device) => string.Create(CultureInfo.InvariantCulture, $"{device >> 32}:{(uint)device}");
}
