using HostSwap.Bench.Reporting;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Bench;

/// <summary>Percentiles and ratios against cases that were computed by hand.</summary>
public sealed class StatisticsTests
{
    [Theory]
    [InlineData(0, 10)]
    [InlineData(25, 17.5)] // place 0.75 of 10, 20, 40, 80
    [InlineData(50, 30)] // place 1.5
    [InlineData(95, 74)] // place 2.85
    [InlineData(100, 80)]
    public void A_percentile_lies_between_its_neighbours(double percent, double expected) =>
        Statistics.Percentile([80, 10, 40, 20], percent)!.Value.ShouldBe(expected, 1e-9);

    [Fact]
    public void One_sample_is_every_percentile_and_none_is_no_figure()
    {
        Statistics.Percentile([7], 95).ShouldBe(7);
        Statistics.Median([]).ShouldBeNull();
        Statistics.Largest([]).ShouldBeNull();
        Should.Throw<ArgumentOutOfRangeException>(() => Statistics.Percentile([1], 101));
    }

    [Fact]
    public void A_ratio_needs_both_figures()
    {
        Statistics.Ratio(1, 4).ShouldBe(0.25);
        Statistics.Ratio(0, 4).ShouldBe(0);
        Statistics.Ratio(null, 4).ShouldBeNull();
        Statistics.Ratio(4, null).ShouldBeNull();
        Statistics.Ratio(4, 0).ShouldBeNull();
    }
}
