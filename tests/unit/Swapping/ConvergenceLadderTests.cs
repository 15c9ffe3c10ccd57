using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class ConvergenceLadderTests
{
    private const long MiB = 1 << 20;

    /// <summary>Steps: bandwidth, then 200, 400 and 500 ms; the time is in seconds.</summary>
    private static readonly MigrationSettings Settings =
        new(null, 100, 1, true, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(30), 0, TimeSpan.Zero, 0);

    private int _pass = 1;

    [Fact]
    public void What_converges_climbs_nowhere()
    {
        var ladder = Ladder(ConvergencePolicy.PostCopy, limit: 1000);
        ladder.Next(At(1), Job(800)).ShouldBeNull();
        ladder.Next(At(8), Job(100)).ShouldBeNull();
        // Each pass has at least a tenth less to send than the last.
        foreach (var (second, remaining) in new[] { (12, 300), (18, 270), (25, 200), (29, 40) })
            ladder.Next(At(second), NextPass(remaining)).ShouldBeNull();
        ladder.Highest.ShouldBe(Rung.None);
    }

    [Fact]
    public void Bytes_that_are_sent_within_a_pass_are_no_convergence()
    {
        var ladder = AfterFirstPass(ConvergencePolicy.PostCopy);
        ladder.Next(At(5), NextPass(100)).ShouldBeNull(); // without gain, but not for long enough
        ladder.Next(At(5.9), Job(10)).ShouldBeNull();
        var climb = ladder.Next(At(6), Job(5)).ShouldNotBeNull();
        climb.Rung.ShouldBe(Rung.Bandwidth);
        climb.MiBPerSecond.ShouldBeNull();
        climb.InWords.ShouldBe("the limit of its bandwidth is lifted, since it has come no nearer to its end for 3.0 s");
    }

    [Theory]
    [InlineData(ConvergencePolicy.PostCopy, Rung.PostCopy)]
    [InlineData(ConvergencePolicy.Pause, Rung.Pause)]
    public void Rung_after_rung_is_tried_and_each_gets_its_time(ConvergencePolicy policy, Rung last)
    {
        var ladder = AfterFirstPass(policy, limit: 1000);
        var (rungs, second) = (new List<(Rung, TimeSpan?)>(), 3.0);
        while (rungs is not [.., (Rung.PostCopy or Rung.Pause, _)])
        {
            second += 3;
            second.ShouldBeLessThan(100);
            if (ladder.Next(At(second), NextPass(100)) is { } climb)
                rungs.Add((climb.Rung, climb.Downtime));
        }

        rungs.ShouldBe(
        [
            (Rung.Bandwidth, null),
            (Rung.Downtime, TimeSpan.FromMilliseconds(200)),
            (Rung.Downtime, TimeSpan.FromMilliseconds(400)),
            (Rung.Downtime, TimeSpan.FromMilliseconds(500)),
            (last, null),
        ]);
        ladder.Highest.ShouldBe(last);
    }

    [Fact]
    public void To_stay_waits_for_the_deadline()
    {
        var ladder = AfterFirstPass(ConvergencePolicy.Stay, limit: 100);
        for (var second = 6; second < 100; second += 3)
            (ladder.Next(At(second), NextPass(100))?.Rung is Rung.Stay).ShouldBeFalse();
        var climb = ladder.Next(At(101), NextPass(100)).ShouldNotBeNull();
        climb.Rung.ShouldBe(Rung.Stay);
        climb.Why.ShouldContain("did not finish within 100 s");
    }

    [Fact]
    public void A_long_first_pass_climbs_in_equal_parts_of_the_limit()
    {
        var ladder = Ladder(ConvergencePolicy.Stay, limit: 50);
        var climbs = new List<(int, Rung)>();
        for (var second = 1; second <= 51; second++)
        {
            if (ladder.Next(At(second), Job(800 - second)) is { } climb)
                climbs.Add((second, climb.Rung));
        }

        climbs.ShouldBe([(11, Rung.Bandwidth), (21, Rung.Downtime), (31, Rung.Downtime), (41, Rung.Downtime), (51, Rung.Stay)]);
    }

    [Fact]
    public void Throttling_is_told_once_and_given_time()
    {
        var ladder = AfterFirstPass(ConvergencePolicy.Stay);
        ladder.Next(At(5), NextPass(100) with { ThrottlePercent = 20 })!.Rung.ShouldBe(Rung.AutoConverge);
        ladder.Next(At(7), NextPass(100) with { ThrottlePercent = 30 }).ShouldBeNull();
        ladder.Next(At(8), NextPass(100) with { ThrottlePercent = 40 })!.Rung.ShouldBe(Rung.Bandwidth);
        ladder.Highest.ShouldBe(Rung.AutoConverge);
    }

    [Fact]
    public void Nothing_that_has_not_begun_is_switched_over()
    {
        var ladder = Ladder(ConvergencePolicy.PostCopy, limit: 10);
        ladder.Next(At(9), Nothing()).ShouldBeNull();
        ladder.Next(At(11), Nothing())!.Rung.ShouldBe(Rung.Stay);
    }

    [Fact]
    public void Post_copy_is_the_end_and_nothing_aborts_it()
    {
        var ladder = AfterFirstPass(ConvergencePolicy.PostCopy, limit: 10);
        ladder.Next(At(11), NextPass(100))!.Rung.ShouldBe(Rung.PostCopy);
        ladder.Next(At(10_000), NextPass(100)).ShouldBeNull();
    }

    [Fact]
    public void A_copy_that_does_not_even_end_while_its_guest_is_suspended_is_given_up()
    {
        var ladder = AfterFirstPass(ConvergencePolicy.Pause, limit: 10);
        ladder.Next(At(11), NextPass(100))!.Rung.ShouldBe(Rung.Pause);
        ladder.Next(At(21), NextPass(90)).ShouldBeNull();
        ladder.Next(At(21.1), NextPass(80))!.Rung.ShouldBe(Rung.Stay);
    }

    [Fact]
    public void A_last_resort_that_is_refused_leaves_it_to_stay()
    {
        var ladder = AfterFirstPass(ConvergencePolicy.PostCopy, limit: 10);
        ladder.Next(At(11), NextPass(100))!.Rung.ShouldBe(Rung.PostCopy);
        ladder.Refused();
        ladder.Next(At(11.2), NextPass(100))!.Rung.ShouldBe(Rung.Stay);
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData(100, 100, false)]
    [InlineData(100, 200, true)]
    [InlineData(100, null, true)]
    public void Bandwidth_is_a_rung_where_it_is_limited_and_may_be_more(int? limit, int? most, bool rung)
    {
        var settings = Settings with
        {
            BandwidthMiBPerSecond = limit,
            Convergence = new ConvergenceSettings { MaximumBandwidthMiBPerSecond = most, MaximumDowntime = SettingsDefaults.Downtime },
        };
        var climb = new ConvergenceLadder(ConvergencePolicy.Stay, settings, At(50)).Next(At(40), Job(100));
        (climb?.Rung == Rung.Bandwidth).ShouldBe(rung);
        climb?.MiBPerSecond.ShouldBe(most);
    }

    private static ConvergenceLadder Ladder(ConvergencePolicy policy, int limit = 100) => new(policy, Settings, At(limit));

    /// <summary>The first pass is over after 3 s, in which the guest has dirtied 100 MiB.</summary>
    private ConvergenceLadder AfterFirstPass(ConvergencePolicy policy, int limit = 100)
    {
        var ladder = Ladder(policy, limit);
        ladder.Next(At(1), Job(800)).ShouldBeNull();
        ladder.Next(At(3 > limit / 5 ? 1.5 : 3), NextPass(100)).ShouldBeNull();
        return ladder;
    }

    private static TimeSpan At(double second) => TimeSpan.FromSeconds(second);

    private DomainJob NextPass(long remaining)
    {
        _pass++;
        return Job(remaining);
    }

    private DomainJob Job(long remaining) =>
        new(DomainJobKind.Unbounded, TimeSpan.Zero, null, 1000 * MiB, 10 * MiB, remaining * MiB, 0, 0, _pass, null);

    private static DomainJob Nothing() => new(DomainJobKind.Unbounded, TimeSpan.Zero, null, 0, 0, 0, 0, 0, 0, null);
}
