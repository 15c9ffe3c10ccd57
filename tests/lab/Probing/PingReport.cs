namespace HostSwap.Lab.Probing;

/// <summary>One echo request and its reply; times in nanoseconds of the monotonic clock.</summary>
/// <param name="SentAt">When it was sent.</param>
/// <param name="ReceivedAt">When its reply came; null where none came.</param>
/// <param name="Wait">How long after it the next one was to be sent.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct PingSample(long SentAt, long? ReceivedAt, long Wait);

/// <summary>What a prober saw.</summary>
/// <param name="Sent">Requests sent.</param>
/// <param name="Lost">Requests without a reply.</param>
/// <param name="Blackout">
/// How long the target did not answer: the longest gap between two successive answered requests, less the interval after
/// which the second was to be sent. Two gaps are taken and the larger counts: between the moments at which those requests were
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
    public static PingReport From(IReadOnlyList<PingSample> samples, TimeSpan latestSend)
    {
        PingSample[] answered = [.. samples.Where(static sample => sample.ReceivedAt is not null)];
        if (answered.Length == 0)
        {
            var whole = samples.Count == 0 ? TimeSpan.Zero : Nanoseconds(samples[^1].SentAt - samples[0].SentAt + samples[^1].Wait);
            return new PingReport(samples.Count, samples.Count, whole, whole, samples.Count == 0 ? 0 : samples[0].SentAt, TimeSpan.Zero, TimeSpan.Zero, latestSend);
        }

        var (bySends, at) = LongestGap(samples, answered);
        long byReplies = 0;
        PingSample[] inOrder = [.. answered.OrderBy(static sample => sample.ReceivedAt!.Value)];
        foreach (var (last, next) in inOrder.Zip(inOrder.Skip(1)))
        {
            var gap = next.ReceivedAt!.Value - last.ReceivedAt!.Value - last.Wait;
            if (gap > Math.Max(byReplies, bySends)) at = last.ReceivedAt!.Value;
            byReplies = Math.Max(byReplies, gap);
        }

        var roundTrips = answered.Select(static sample => sample.ReceivedAt!.Value - sample.SentAt).Order().ToArray();
        return new PingReport(
            samples.Count,
            samples.Count - answered.Length,
            Nanoseconds(Math.Max(bySends, byReplies)),
            Nanoseconds(bySends),
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
        long longest = 0, at = answered[0].SentAt;
        var last = samples[0];
        foreach (var sample in answered.Append(samples[^1]))
        {
            var gap = sample.SentAt - last.SentAt - last.Wait;
            if (gap > longest) (longest, at) = (gap, last.SentAt);
            last = sample;
        }

        return (longest, at);
    }

    private static TimeSpan Nanoseconds(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / 100);
}
