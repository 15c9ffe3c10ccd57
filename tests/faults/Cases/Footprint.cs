using System.Globalization;
using System.Text.RegularExpressions;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>Everything that an outer host has made on this machine, with what differs by nature taken out.</summary>
/// <param name="Things">Files, sockets, mounts, containers, networks and processes, each with how often it is there.</param>
/// <param name="JournalBytes">Size of the journal.</param>
/// <param name="MemoryBytes">Resident memory of all processes in its containers.</param>
internal sealed partial record Footprint(IReadOnlyDictionary<string, int> Things, long JournalBytes, long MemoryBytes)
{
    /// <summary>What a dozen operations of a few VMs may add to the journal.</summary>
    private const long JournalGrowth = 1 << 20;

    /// <summary>How much more the same processes may hold, measured one swap like the other: caches, not leaks.</summary>
    private const double MemoryGrowth = 1.25;

    /// <summary>Looks at everything.</summary>
    public static async Task<Footprint> TakeAsync(OuterHostLab lab, CancellationToken cancellationToken)
    {
        List<string> things = [];
        foreach (var path in Directory.EnumerateFileSystemEntries(lab.Root, "*", Everything).Where(path => !IsLog(lab, path)))
            things.Add($"{(IsSocket(path) ? "socket" : "file")} {Normal(path[lab.Root.Length..])}");
        foreach (var line in await File.ReadAllLinesAsync("/proc/self/mountinfo", cancellationToken))
            if (line.Contains(lab.Root, StringComparison.Ordinal)) things.Add($"mount {Normal(line.Split(' ')[4])}");
        foreach (var container in await DockerCli.InspectAsync(await lab.ContainersAsync(cancellationToken), cancellationToken))
            things.Add($"container {Normal(container.GetProperty("Name").GetString()!)} {container.GetProperty("State").GetProperty("Status").GetString()}");
        things.AddRange(DockerCli.Lines(await DockerCli.RunAsync(["network", "ls", "--format", "{{.Name}}"], cancellationToken))
            .Where(name => name.Contains(lab.Id, StringComparison.Ordinal)).Select(static name => $"network {name}"));
        var active = await lab.ActiveAsync(cancellationToken);
        var memory = 0L;
        foreach (var line in DockerCli.Lines(await DockerCli.RunAsync(["top", active.Container, "-eo", "pid,rss,comm"], cancellationToken)).Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            memory += long.Parse(fields[1], CultureInfo.InvariantCulture) * 1024;
            if (!IsPassing(fields[2])) things.Add($"process {fields[2]}");
        }

        return new Footprint(
            things.CountBy(static thing => thing, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal),
            new FileInfo(lab.Paths.JournalFile).Length,
            memory);
    }

    /// <summary>What is there that was not, or is not there that was, in words.</summary>
    public IEnumerable<string> DriftFrom(Footprint before)
    {
        foreach (var (thing, count) in Things)
            if (before.Things.GetValueOrDefault(thing) is var was && count > was) yield return $"there was {was}, and is {count}: {thing}";
        foreach (var (thing, count) in before.Things)
            if (Things.GetValueOrDefault(thing) is var now && now < count) yield return $"there was {count}, and is {now}: {thing}";
        if (JournalBytes - before.JournalBytes > JournalGrowth) yield return $"the journal has grown from {before.JournalBytes} to {JournalBytes} bytes";
        if (MemoryBytes > before.MemoryBytes * MemoryGrowth) yield return $"the processes have grown from {before.MemoryBytes} to {MemoryBytes} bytes";
    }

    private static EnumerationOptions Everything => new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };

    private static bool IsLog(OuterHostLab lab, string path) =>
        path.StartsWith(lab.Paths.Logs, StringComparison.Ordinal) || path.EndsWith(".log", StringComparison.Ordinal) || path.Contains("/log/", StringComparison.Ordinal);

    private static bool IsSocket(string path) => path.EndsWith(".sock", StringComparison.Ordinal) || path.Contains("-sock", StringComparison.Ordinal);

    /// <summary>Generations and libvirt's domains are numbered on and on.</summary>
    private static string Normal(string path) => Numbers().Replace(path, "N");

    // systemd's and Docker's own helpers come and go.
    private static bool IsPassing(string command) => command.StartsWith("systemd-", StringComparison.Ordinal) || command.StartsWith("(sd-", StringComparison.Ordinal) || command is "kworker";

    [GeneratedRegex(@"(?<=generations/|gen-|domain-|/)[0-9]+(?=$|[/-])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Numbers();
}
