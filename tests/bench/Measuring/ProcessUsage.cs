using System.Globalization;

namespace HostSwap.Bench.Measuring;

/// <summary>What one process has used so far, as <c>/proc</c> tells.</summary>
/// <param name="Cpu">CPU time of all its threads.</param>
/// <param name="PeakBytes">The most that it had in memory (VmHWM).</param>
internal sealed record ProcessUsage(TimeSpan Cpu, long PeakBytes)
{
    /// <summary>The kernel's unit of CPU time in <c>/proc</c>, the same on every Linux.</summary>
    private const int TicksPerSecond = 100;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks again and again until the process has ended: both figures only grow, so the last look is the result.</summary>
    public static async Task<ProcessUsage> FollowAsync(int pid, Func<bool> hasEnded, CancellationToken cancellationToken)
    {
        var usage = new ProcessUsage(TimeSpan.Zero, 0);
        while (!hasEnded())
        {
            usage = Read(pid) ?? usage;
            await Task.Delay(Interval, cancellationToken);
        }

        return usage;
    }

    /// <summary>Reads it; null where the process has ended.</summary>
    private static ProcessUsage? Read(int pid)
    {
        try
        {
            var status = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"));
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return Parse(status, stat);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads the text of both files; null where the process has given its memory back already.</summary>
    public static ProcessUsage? Parse(string status, string stat)
    {
        var peak = Array.Find(status.Split('\n'), static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        if (peak is null) return null;
        // The second field is the program's name in brackets; user and system time are fields 14 and 15.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return new ProcessUsage(
            TimeSpan.FromSeconds((double)ticks / TicksPerSecond),
            long.Parse(peak.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10);
    }
}
