using Cronos;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Refreshing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Refreshing;

/// <summary>What may happen by itself, and when, by the clock and by what has happened before.</summary>
public sealed class RefreshScheduleTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    /// <summary>Saturday, half past two at night in Berlin.</summary>
    private static readonly DateTimeOffset Inside = new(2026, 12, 5, 1, 30, 0, TimeSpan.Zero);

    private static readonly RefreshSettings Weekly = SettingsDefaults.Refresh with
    {
        Strategy = RefreshStrategy.Window,
        TimeZone = Berlin,
        Windows = [Window("night", "0 2 * * SAT", TimeSpan.FromHours(3))],
    };

    [Theory]
    [InlineData("2026-12-05T00:59:59Z", false)]
    [InlineData("2026-12-05T01:00:00Z", true)]
    [InlineData("2026-12-05T03:59:59Z", true)]
    [InlineData("2026-12-05T04:00:00Z", false)]
    [InlineData("2026-12-06T01:30:00Z", false)]
    // Summer time: 02:00 is 00:00 UTC.
    [InlineData("2026-07-04T00:00:00Z", true)]
    [InlineData("2026-07-04T03:00:00Z", false)]
    public void A_window_is_open_from_its_start_to_its_end(string at, bool open)
    {
        var decision = Decide(Weekly, DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture), Checked(hours: 1, at));

        decision.Scope.ShouldBe(open ? RefreshScope.Whole : RefreshScope.Nothing);
        decision.Window?.Name.ShouldBe("night");
        (decision.Window is not null).ShouldBe(open);
    }

    [Fact]
    public void Where_clocks_are_put_forward_over_its_start_the_window_opens_right_after()
    {
        // 29 March 2026: after 01:59:59 comes 03:00:00.
        var sunday = Weekly with { Windows = [Window("night", "0 2 * * SUN", TimeSpan.FromHours(1))] };

        Decide(sunday, new(2026, 3, 29, 0, 59, 0, TimeSpan.Zero)).Scope.ShouldNotBe(RefreshScope.Whole);
        Decide(sunday, new(2026, 3, 29, 1, 30, 0, TimeSpan.Zero)).Scope.ShouldBe(RefreshScope.Whole);
    }

    [Fact]
    public void Of_several_that_are_open_that_one_counts_which_ends_last()
    {
        var two = Weekly with { Windows = [Window("long", "0 1 * * *", TimeSpan.FromHours(9)), Window("night", "0 2 * * SAT", TimeSpan.FromHours(3))] };

        Decide(two, Inside).Window!.Name.ShouldBe("long");
    }

    [Theory]
    [InlineData(RefreshOutcome.Done, false)]
    [InlineData(RefreshOutcome.Nothing, false)]
    [InlineData(RefreshOutcome.Failed, false)]
    [InlineData(RefreshOutcome.Refused, false)]
    [InlineData(RefreshOutcome.Deferred, false)]
    [InlineData(RefreshOutcome.Stopped, false)]
    [InlineData(RefreshOutcome.Vetoed, true)]
    [InlineData(RefreshOutcome.Running, true)]
    public void In_one_window_it_is_tried_once_unless_it_was_vetoed_or_killed(RefreshOutcome outcome, bool again)
    {
        var window = Decide(Weekly, Inside).Window!;
        var past = Record(outcome) with { Window = window, Updates = Updates(Inside.AddMinutes(-10)) };

        Decide(Weekly, Inside, past).Scope.ShouldBe(again ? RefreshScope.Whole : RefreshScope.Nothing);
        // The next one is another window.
        Decide(Weekly, Inside.AddDays(7), past).Scope.ShouldBe(RefreshScope.Whole);
    }

    [Fact]
    public void On_frozen_days_nothing_begins_and_updates_are_looked_for_all_the_same()
    {
        var frozen = Weekly with { Freeze = [new FrozenDays(new(2026, 12, 5), new(2026, 12, 11))] };

        Decide(frozen, Inside).ShouldSatisfyAllConditions(
            static decision => decision.Scope.ShouldBe(RefreshScope.Check),
            static decision => decision.Reason.ShouldStartWith("no refresh begins from 2026-12-05 to 2026-12-11"));
        // The freeze is of days in the configured zone: half past midnight on Saturday is Friday in UTC.
        Decide(frozen with { Windows = [Window("early", "0 0 * * SAT", TimeSpan.FromHours(1))] }, new(2026, 12, 4, 23, 30, 0, TimeSpan.Zero)).Scope.ShouldBe(RefreshScope.Check);
        Schedule(frozen).Next(Inside)!.From.ShouldBe(new DateTimeOffset(2026, 12, 12, 1, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void By_hand_nothing_begins_and_updates_are_looked_for_each_interval()
    {
        var manual = Weekly with { Strategy = RefreshStrategy.Manual };

        Decide(manual, Inside).Scope.ShouldBe(RefreshScope.Check);
        Decide(manual, Inside, Record(RefreshOutcome.Ended) with { Updates = Updates(Inside.AddHours(-11)) }).Scope.ShouldBe(RefreshScope.Nothing);
        Decide(manual, Inside, Record(RefreshOutcome.Ended) with { Updates = Updates(Inside.AddHours(-12)) }).Scope.ShouldBe(RefreshScope.Check);
        // One that failed to look has looked at nothing.
        Decide(manual, Inside, Record(RefreshOutcome.Failed), Record(RefreshOutcome.Ended) with { Updates = Updates(Inside.AddHours(-11)) }).Scope.ShouldBe(RefreshScope.Nothing);
    }

    [Fact]
    public void Urgent_ones_are_looked_for_outside_of_windows_where_the_strategy_is_immediate()
    {
        var immediate = Weekly with { Strategy = RefreshStrategy.Immediate };

        Decide(immediate, Inside.AddDays(2)).Scope.ShouldBe(RefreshScope.Urgent);
        Decide(immediate, Inside).Scope.ShouldBe(RefreshScope.Whole);
        // One that was vetoed does not wait until it is time to look again.
        Decide(immediate, Inside.AddDays(2), Record(RefreshOutcome.Vetoed) with { Updates = Updates(Inside.AddDays(2).AddMinutes(-10)) }).Scope.ShouldBe(RefreshScope.Urgent);
        Decide(immediate, Inside.AddDays(2), Record(RefreshOutcome.Refused) with { Updates = Updates(Inside.AddDays(2).AddMinutes(-10)) }).Scope.ShouldBe(RefreshScope.Nothing);
        Decide(immediate with { Freeze = [new FrozenDays(new(2026, 12, 7), new(2026, 12, 7))] }, Inside.AddDays(2)).Scope.ShouldBe(RefreshScope.Check);
    }

    [Fact]
    public void Servers_begin_at_times_of_their_own_within_the_delay_and_each_always_at_the_same()
    {
        var delayed = Weekly with { RandomDelay = TimeSpan.FromHours(1) };
        var window = new OpenWindow("night", new(2026, 12, 5, 1, 0, 0, TimeSpan.Zero), new(2026, 12, 5, 4, 0, 0, TimeSpan.Zero));
        var delays = Enumerable.Range(0, 50).Select(number => new RefreshSchedule(delayed, TimeZoneInfo.Utc, $"server{number}").DelayOf(window)).ToList();

        delays.ShouldAllBe(static delay => delay >= TimeSpan.Zero && delay <= TimeSpan.FromHours(1));
        (delays.Max() - delays.Min()).ShouldBeGreaterThan(TimeSpan.FromMinutes(40));
        var schedule = new RefreshSchedule(delayed, TimeZoneInfo.Utc, "server7");
        schedule.DelayOf(window).ShouldBe(delays[7]);
        schedule.Decide(window.From + delays[7] - TimeSpan.FromSeconds(1), []).Scope.ShouldBe(RefreshScope.Check);
        schedule.Decide(window.From + delays[7], []).Scope.ShouldBe(RefreshScope.Whole);
    }

    private static MaintenanceWindow Window(string name, string start, TimeSpan duration) => new(name, start, CronExpression.Parse(start), duration);

    private static RefreshSchedule Schedule(RefreshSettings settings) => new(settings, TimeZoneInfo.Utc, "server");

    private static RefreshDecision Decide(RefreshSettings settings, DateTimeOffset now, params IReadOnlyList<RefreshRecord> past) => Schedule(settings).Decide(now, past);

    private static RefreshRecord Record(RefreshOutcome outcome) => new(1, Scheduled: true, Inside, outcome, "");

    private static RefreshRecord Checked(int hours, string before) =>
        Record(RefreshOutcome.Ended) with { Updates = Updates(DateTimeOffset.Parse(before, System.Globalization.CultureInfo.InvariantCulture).AddHours(-hours)) };

    private static UpdateReport Updates(DateTimeOffset at) => new(at, "image", "sha256:a", "sha256:a", [], RecipeChanged: false);
}
