using HostSwap.Bench.Reporting;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Bench;

/// <summary>How much time stretches cover together.</summary>
public sealed class IntervalsTests
{
    private static readonly DateTimeOffset Zero = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_overlaps_counts_once() =>
        // 0–4 and 2–6 are six seconds, 3–5 lies within, 8–9 is one more, 9–9 nothing.
        Intervals.Covered([Of(8, 9), Of(0, 4), Of(3, 5), Of(2, 6), Of(9, 9)]).ShouldBe(TimeSpan.FromSeconds(7));

    [Fact]
    public void None_cover_nothing() => Intervals.Covered([]).ShouldBe(TimeSpan.Zero);

    [Fact]
    public void One_that_ends_before_it_begins_covers_nothing() => Intervals.Covered([Of(4, 2), Of(1, 3)]).ShouldBe(TimeSpan.FromSeconds(2));

    private static Interval Of(int from, int to) => new(Zero.AddSeconds(from), Zero.AddSeconds(to));
}
