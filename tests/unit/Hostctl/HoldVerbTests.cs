using HostSwap.Hostctl;
using HostSwap.Hostctl.Commands;
using HostSwap.Orchestrator.Holding;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class HoldVerbTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task A_hold_is_placed_in_the_name_of_whoever_called_sudo()
    {
        _hostctl.Environment["SUDO_USER"] = "ada";
        _hostctl.Environment["USER"] = "root";

        (await _hostctl.RunAsync("hold", "--reason", "RAID is being rebuilt", "--until", "2h")).ShouldBe(ExitCode.Done);

        var hold = _hostctl.Host.Holds.ShouldHaveSingleItem();
        (hold.Reason, hold.By).ShouldBe(("RAID is being rebuilt", "ada"));
        hold.Until.ShouldNotBeNull().ShouldBe(Samples.At + TimeSpan.FromHours(2), TimeSpan.FromSeconds(1));
        _hostctl.Out.ShouldContain($"'hostctl release {hold.Id}' releases it.");
    }

    [Fact]
    public async Task One_without_an_end_lasts_until_it_is_released()
    {
        (await _hostctl.RunAsync("hold", "--reason", "a customer's launch", "--format", "json")).ShouldBe(ExitCode.Done);

        _hostctl.Json.GetProperty("schema").GetString().ShouldBe("hostswap/hold/1");
        _hostctl.Json.GetProperty("hold").TryGetProperty("until", out _).ShouldBeFalse();
        (await _hostctl.RunAsync("release")).ShouldBe(ExitCode.Done);
        _hostctl.Host.Holds.ShouldBeEmpty();
        (await _hostctl.RunAsync("release")).ShouldBe(ExitCode.NothingToDo);
    }

    [Theory]
    [InlineData("hold")]
    [InlineData("hold", "--until", "2h")]
    [InlineData("hold", "--reason", "x", "--until", "tomorrow")]
    [InlineData("hold", "--reason", "x", "--until", "2026-13-01")]
    [InlineData("release", "00000000", "--all")]
    public async Task What_cannot_be_understood_touches_nothing(params string[] arguments)
    {
        (await _hostctl.RunAsync(arguments)).ShouldBe(ExitCode.Usage);

        _hostctl.Error.ShouldNotBeEmpty();
        _hostctl.Host.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_several_one_must_be_named_and_a_wrong_name_releases_none()
    {
        _hostctl.Host.PlaceHold("one", "ada", null);
        _hostctl.Host.PlaceHold("two \u001b[31m", "bob", null);

        (await _hostctl.RunAsync("release")).ShouldBe(ExitCode.Usage);
        _hostctl.Error.ShouldContain("00000000, 00000001");
        (await _hostctl.RunAsync("release", "00000000", "ffffffff")).ShouldBe(ExitCode.Usage);
        _hostctl.Host.Holds.Count.ShouldBe(2);

        (await _hostctl.RunAsync("release", "00000001")).ShouldBe(ExitCode.Done);
        _hostctl.Host.Holds.ShouldHaveSingleItem().Reason.ShouldBe("one");
        _hostctl.Out.ShouldContain("two \\e[31m");
        (await _hostctl.RunAsync("release", "--all")).ShouldBe(ExitCode.Done);
        _hostctl.Host.Holds.ShouldBeEmpty();
    }

    [Fact]
    public async Task Status_says_who_holds_swaps_until_when_and_why()
    {
        _hostctl.Host.Status = _hostctl.Host.Status with { Holds = [new Hold("0a0b0c0d", "launch", "ada", Samples.At, Samples.At.AddHours(1))] };

        await _hostctl.RunAsync("status");
        _hostctl.Out.ShouldContain("launch (0a0b0c0d, by ada)");
    }

    [Fact]
    public async Task A_swap_that_is_held_has_its_exit_code()
    {
        _hostctl.Host.Failure = new HeldException([new Hold("0a0b0c0d", "launch", "ada", Samples.At, Samples.At.AddHours(1))]);

        (await _hostctl.RunAsync("swap", "--yes")).ShouldBe(ExitCode.Held);

        _hostctl.Error.ShouldContain("no swap is to begin: held by ada until ");
        _hostctl.Error.ShouldContain("launch");
        _hostctl.Error.ShouldContain("hostctl release 0a0b0c0d");
    }

    [Theory]
    [InlineData("2026-12-24", "2026-12-24T00:00:00+01:00")]
    [InlineData("2026-12-24 18:30", "2026-12-24T18:30:00+01:00")]
    [InlineData("2026-07-24T18:30", "2026-07-24T18:30:00+02:00")]
    [InlineData("2026-12-24T18:30Z", "2026-12-24T18:30:00+00:00")]
    [InlineData("2026-12-24T18:30-05:00", "2026-12-24T18:30:00-05:00")]
    [InlineData("2026-10-25 02:30", "2026-10-25T02:30:00+01:00")]
    [InlineData("2026-03-29 02:30", null)]
    [InlineData("24.12.2026", null)]
    [InlineData("", null)]
    public void A_time_without_an_offset_is_one_of_the_operators_zone(string text, string? expected)
    {
        var berlin = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test", "test", [
            TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday)),
        ]);

        PointInTime.TryParse(text, berlin, out var point).ShouldBe(expected is not null);

        if (expected is not null)
            point.ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
    }
}
