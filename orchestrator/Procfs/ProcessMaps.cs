using System.Globalization;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>The files in <c>/proc/PID/maps</c> (proc_pid_maps(5)).</summary>
internal static class ProcessMaps
{
    /// <summary>Reads them, each file once; empty where the process is gone.</summary>
    public static IReadOnlyList<MappedFile> Read(int pid)
    {
        try
        {
            return Parse(File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/maps")));
        }
        catch (IOException) when (!Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}")))
        {
            return [];
        }
    }

    /// <summary>Parses lines such as <c>7f00-7f80 rw-s 00000000 00:4d 123   /run/x</c>.</summary>
    internal static IReadOnlyList<MappedFile> Parse(IEnumerable<string> lines)
    {
        const int Address = 0, Permissions = 1, Device = 3, Inode = 4, Path = 5;
        var found = new HashSet<MappedFile>();
        foreach (var line in lines)
        {
            // The path may hold spaces itself; it is what is left.
            var fields = line.Split(' ', Path + 1, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length <= Path || fields[Inode] is "0" || fields[Address].Length == 0)
                continue;
            found.Add(new MappedFile(
                fields[Path], DeviceNumber.Parse(fields[Device]), ulong.Parse(fields[Inode], CultureInfo.InvariantCulture), fields[Permissions][3] is 's'));
        }

        return [.. found];
    }
}
