using System.Diagnostics;
using System.Net;
using HostSwap.Lab.Probing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests.Lab;

/// <summary>The prober is a measuring instrument: what it reports of a known target and of known samples must be right.</summary>
public sealed class PingProberTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task A_target_that_is_always_there_has_no_losses()
    {
        var watch = Stopwatch.StartNew();
        await using var prober = PingProber.Start(IPAddress.Loopback, Interval);
        await prober.WaitForReplyAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);

        var report = await prober.StopAsync();

        // As many as fit into the time that passed, which on a busy machine is more than was waited for.
        report.Sent.ShouldBeInRange(40, (int)(watch.Elapsed / Interval) + 1);
        report.Lost.ShouldBe(0);
        report.BlackoutBySends.ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_target_that_never_answers_is_all_blackout()
    {
        var report = Report(Enumerable.Range(0, 100).Select(static i => Sample(i, null)));

        report.AnyReply.ShouldBeFalse();
        report.Lost.ShouldBe(100);
        report.Blackout.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Lost_requests_make_a_blackout()
    {
        var report = Report(Enumerable.Range(0, 100).Select(static i => Sample(i, i is >= 40 and < 45 ? null : 1)));

        report.Lost.ShouldBe(5);
        report.Blackout.ShouldBe(TimeSpan.FromMilliseconds(100));
        report.BlackoutBySends.ShouldBe(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void Late_replies_make_a_blackout_though_none_is_lost()
    {
        // Requests 40 to 49 wait in a queue and are answered together with request 50.
        var report = Report(Enumerable.Range(0, 100).Select(static i => Sample(i, i is >= 40 and < 50 ? ((50 - i) * 20) + 1 : 1)));

        report.Lost.ShouldBe(0);
        report.BlackoutBySends.ShouldBe(TimeSpan.Zero);
        report.Blackout.ShouldBe(TimeSpan.FromMilliseconds(200));
    }

    /// <summary>Pinged once a second, then each 20 ms, of which five are lost.</summary>
    [Fact]
    public void What_is_pinged_at_another_interval_is_measured_by_that()
    {
        const long Second = 1_000_000_000;
        PingSample[] slow = [.. Enumerable.Range(-3, 3).Select(static i => new PingSample(i * Second, (i * Second) + 1, Second))];

        Report([.. slow, .. Enumerable.Range(0, 100).Select(static i => Sample(i, i is >= 40 and < 45 ? null : 1))])
            .Blackout.ShouldBe(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task A_shorter_interval_takes_effect_at_once_and_is_no_blackout()
    {
        await using var prober = PingProber.Start(IPAddress.Loopback, TimeSpan.FromSeconds(30));
        await prober.WaitForReplyAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        prober.Interval = Interval;
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);

        var report = await prober.StopAsync();

        report.Sent.ShouldBeGreaterThan(20);
        report.Lost.ShouldBe(0);
        report.BlackoutBySends.ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_target_that_falls_silent_for_good_is_not_forgiven() =>
        Report(Enumerable.Range(0, 100).Select(static i => Sample(i, i < 50 ? 1 : null)))
            .Blackout.ShouldBe(TimeSpan.FromMilliseconds(980));

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0 }, 0xffff)]
    [InlineData(new byte[] { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 }, 0x220d)]
    public void Checksums_are_those_of_RFC_1071(byte[] data, int checksum) => ((int)IcmpEcho.Checksum(data)).ShouldBe(checksum);

    private static PingReport Report(IEnumerable<PingSample> samples) => PingReport.From([.. samples], TimeSpan.Zero);

    private static PingSample Sample(int number, int? answeredAfterMs)
    {
        var sent = number * 20_000_000L;
        return new PingSample(sent, answeredAfterMs is { } after ? sent + (after * 1_000_000L) : null, Interval.Ticks * 100);
    }
}
