namespace HostSwap.Bench.Reporting;

/// <summary>A stretch of time.</summary>
/// <param name="From">Its beginning.</param>
/// <param name="To">Its end.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct Interval(DateTimeOffset From, DateTimeOffset To);

/// <summary>Stretches of time that may overlap, as moves in flight do.</summary>
internal static class Intervals
{
    /// <summary>How long at least one of them lasts: what overlaps counts once.</summary>
    public static TimeSpan Covered(IEnumerable<Interval> intervals)
    {
        var covered = TimeSpan.Zero;
        DateTimeOffset? until = null;
        foreach (var interval in intervals.OrderBy(static interval => interval.From))
        {
            var from = until > interval.From ? until.Value : interval.From;
            if (interval.To <= from) continue;
            covered += interval.To - from;
            until = interval.To;
        }

        return covered;
    }
}
