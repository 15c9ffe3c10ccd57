using System.Globalization;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>Block devices of the outer host: which of them it does not need itself.</summary>
internal static class BlockDevices
{
    private const uint TypeMask = 0xf000; // S_IFMT
    private const uint BlockDevice = 0x6000; // S_IFBLK
    private const int RootField = 2; // "major:minor" in mountinfo (proc_pid_mountinfo(5))

    /// <summary>Says why a device must not be written to by a VM; null where it may.</summary>
    /// <param name="path">Its path on the outer host; a link, as LVM's names are, is followed.</param>
    public static string? WhyNotGiven(string path)
    {
        if (ContainerFiles.Look(Environment.ProcessId, path) is not { } facts)
            return $"{path} does not exist";
        if ((facts.Mode & TypeMask) != BlockDevice)
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
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            var fields = line.Split(' ');
            var number = fields[RootField].Split(':');
            used.TryAdd(DeviceNumber.Of(Part(number[0]), Part(number[1])), $"it is mounted on {fields[4]}");
            // Some file systems (btrfs) show a number of their own; their source is the device.
            if (Array.IndexOf(fields, "-") is > 0 and var hyphen && fields.ElementAtOrDefault(hyphen + 2) is { } source && source.StartsWith("/dev/", StringComparison.Ordinal)
                && ContainerFiles.Look(Environment.ProcessId, source) is { } device)
            {
                used.TryAdd(device.NamedDevice, $"it is mounted on {fields[4]}");
            }
        }

        foreach (var line in File.ReadLines("/proc/swaps").Skip(1))
        {
            if (ContainerFiles.Look(Environment.ProcessId, line.Split(' ', 2)[0]) is { } device && (device.Mode & TypeMask) == BlockDevice)
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
            var number = File.ReadAllText(Path.Join(child, "dev")).Trim().Split(':');
            yield return DeviceNumber.Of(Part(number[0]), Part(number[1]));
            foreach (var further in WithAllOnIt(child))
                yield return further;
        }
    }

    private static string? Directory(string path) => System.IO.Directory.Exists(path) ? path : null;

    private static string Number(ulong device) => string.Create(CultureInfo.InvariantCulture, $"{device >> 32}:{(uint)device}");

    private static uint Part(string digits) => uint.Parse(digits, CultureInfo.InvariantCulture);
}
