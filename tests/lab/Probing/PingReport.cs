namespace HostSwap.Lab.Probing;

/// <summary>One echo request and its reply; times in nanoseconds of the monotonic clock.</summary>
/// <param name="SentAt">When it was sent.</param>
/// <param name="ReceivedAt">When its reply came; null where none came.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct PingSample(long SentAt, long? ReceivedAt);

/// <summary>What a prober saw.</summary>
/// <param name="Sent">Requests sent.</param>
/// <param name="Lost">Requests without a reply.</param>
/// <param name="Blackout">
/// How long the target did not answer: the longest gap between two successive answered requests, less the interval at
/// which they are sent. Two gaps are taken and the larger counts: between the moments at which those requests were
/// sent (a request lost in between widens it), and between the moments at which the replies came (a request that
/// was kept waiting in some queue and answered late widens that one, though none was lost). Resolution is one
/// interval; the prober's own lateness counts against the target, never for it.
/// </param>
/// <param name="BlackoutBySends">The gap between the sendings alone.</param>
/// <param name="BlackoutAt">When the blackout began, in nanoseconds of the monotonic clock.</param>
/// <param name="MedianRoundTrip">Median time from request to reply.</param>
/// <param name="RoundTripP99">99th percentile of it.</param>
/// <param name="LatestSend">The most by which a request left after its moment: how exact the prober was itself.</param>
public sealed record PingReport(
    int Sent,
    int Lost,
    TimeSpan Blackout,
    TimeSpan BlackoutBySends,
    long BlackoutAt,
    TimeSpan MedianRoundTrip,
    TimeSpan RoundTripP99,
    TimeSpan LatestSend)
{
    /// <summary>Whether any request was answered.</summary>
    public bool AnyReply => Sent > Lost;

    /// <summary>Computes it from the samples in order of sending.</summary>
    public static PingReport From(IReadOnlyList<PingSample> samples, TimeSpan interval, TimeSpan latestSend)
    {
        PingSample[] answered = [.. samples.Where(static sample => sample.ReceivedAt is not null)];
        if (answered.Length == 0)
        {
            var whole = samples.Count == 0 ? TimeSpan.Zero : Nanoseconds(samples[^1].SentAt - samples[0].SentAt) + interval;
            return new PingReport(samples.Count, samples.Count, whole, whole, samples.Count == 0 ? 0 : samples[0].SentAt, TimeSpan.Zero, TimeSpan.Zero, latestSend);
        }

        var (bySends, at) = LongestGap(samples, answered);
        long byReplies = 0, last = answered[0].ReceivedAt!.Value;
        foreach (var received in answered.Select(static sample => sample.ReceivedAt!.Value).Order())
        {
            if (received - last > Math.Max(byReplies, bySends)) at = last;
            byReplies = Math.Max(byReplies, received - last);
            last = received;
        }

        var roundTrips = answered.Select(static sample => sample.ReceivedAt!.Value - sample.SentAt).Order().ToArray();
        return new PingReport(
            samples.Count,
            samples.Count - answered.Length,
            Less(Math.Max(bySends, byReplies), interval),
            Less(bySends, interval),
            at,
            Nanoseconds(roundTrips[roundTrips.Length / 2]),
            Nanoseconds(roundTrips[(int)((roundTrips.Length - 1) * 0.99)]),
            latestSend);
    }

    /// <summary>
    /// The longest gap between the sendings of answered requests. Requests at the end that were never answered make a gap too: a target
    /// that has fallen silent for good must not look well.
    /// </summary>
    private static (long Gap, long At) LongestGap(IReadOnlyList<PingSample> samples, PingSample[] answered)
    {
        long longest = 0, at = answered[0].SentAt, last = samples[0].SentAt;
        foreach (var sent in answered.Select(static sample => sample.SentAt).Append(samples[^1].SentAt))
        {
            if (sent - last > longest) (longest, at) = (sent - last, last);
            last = sent;
        }

        return (longest, at);
    }

    private static TimeSpan Less(long gap, TimeSpan interval) =>
        Nanoseconds(gap) > interval ? Nanoseconds(gap) - interval : TimeSpan.Zero;

    private static TimeSpan Nanoseconds(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / 100);
}
