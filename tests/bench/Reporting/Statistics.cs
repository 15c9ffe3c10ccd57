namespace HostSwap.Bench.Reporting;

/// <summary>The few figures by which samples are summed up.</summary>
internal static class Statistics
{
    /// <summary>The middle one; null where there is none.</summary>
    public static double? Median(IEnumerable<double> samples) => Percentile(samples, 50);

    /// <summary>
    /// A percentile, between two neighbours in proportion, as R and spreadsheets do it; null where there is no sample.
    /// </summary>
    /// <param name="samples">In any order.</param>
    /// <param name="percent">From 0, the smallest, to 100, the largest.</param>
    public static double? Percentile(IEnumerable<double> samples, double percent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(percent, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        double[] sorted = [.. samples.Order()];
        if (sorted.Length == 0) return null;
        var place = (sorted.Length - 1) * percent / 100;
        var below = (int)Math.Floor(place);
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }

    /// <summary>The largest one; null where there is none.</summary>
    public static double? Largest(IEnumerable<double> samples) => Percentile(samples, 100);

    /// <summary>One figure by another; null where either is missing, or the second is nothing.</summary>
    public static double? Ratio(double? figure, double? against) => figure is { } a && against is { } b && b > 0 ? a / b : null;
}
