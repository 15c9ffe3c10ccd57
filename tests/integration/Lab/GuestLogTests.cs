using System.Globalization;
using HostSwap.Lab.Guests;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests.Lab;

/// <summary>The guests' own testimony is judged strictly: only a provably torn line is forgiven.</summary>
public sealed class GuestLogTests
{
    private const string Boot = "0b0f9a4e-6b0c-4a57-a1f5-5b9d2f6f4c11";

    [Fact]
    public void A_counter_that_runs_on_is_continuous()
    {
        var life = Judge(Lines(1, 50));

        life.Problems.ShouldBeEmpty();
        life.Ticks.Count.ShouldBe(50);
        life.BootIds.ShouldBe([Boot]);
    }

    [Fact]
    public void A_line_that_is_being_written_is_not_judged() => Judge(Lines(1, 5) + "tick 6 bo").Problems.ShouldBeEmpty();

    [Fact]
    public void Remarks_of_the_guest_are_no_torn_lines() =>
        Judge(Lines(1, 5) + $"status name=db boot={Boot} n=5\n" + Lines(6, 9)).Problems.ShouldBeEmpty();

    [Fact]
    public void A_missing_tick_is_a_problem() => Judge(Lines(1, 5) + Lines(7, 9)).IsContinuous.ShouldBeFalse();

    [Fact]
    public void A_repeated_tick_is_a_problem() => Judge(Lines(1, 5) + Lines(5, 9)).IsContinuous.ShouldBeFalse();

    [Fact]
    public void Another_boot_is_a_problem() =>
        Judge(Lines(1, 5) + Lines(6, 9).Replace(Boot, "11111111-2222-3333-4444-555555555555", StringComparison.Ordinal))
            .Problems.ShouldContain(static problem => problem.Contains("booted 2 times", StringComparison.Ordinal));

    [Theory]
    [InlineData("disk-error write at block 5: Input/output error")]
    [InlineData("net-error no answer from 10.0.0.1 for 2000 ms")]
    [InlineData("memory-error dirty page 3 round 9")]
    public void An_error_of_the_guest_is_a_problem(string line) => Judge(Lines(1, 5) + line + "\n" + Lines(6, 9)).IsContinuous.ShouldBeFalse();

    [Theory]
    [InlineData(4)]
    [InlineData(20)]
    [InlineData(40)]
    public void A_line_torn_at_the_switch_is_mended_whichever_piece_came_first(int at)
    {
        var torn = Lines(6, 6).TrimEnd();
        var (head, tail) = (torn[..at], torn[at..]);

        // The destination's virtlogd was first: the tail stands alone and the head runs into the next tick.
        var swapped = Judge(Lines(1, 5) + tail + "\n" + head + Lines(7, 9));

        swapped.Problems.ShouldBeEmpty();
        swapped.TornTicks.ShouldBe(1);
        Judge(Lines(1, 5) + head + tail + "\n" + Lines(7, 9)).Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("garbage\n")]
    [InlineData("tick 6 boot=\n")]
    [InlineData("tick 6 \nboot=ffffffff-6b0c-4a57-a1f5-5b9d2f6f4c11 disk=0\n")]
    public void Anything_else_in_between_is_a_problem(string between) => Judge(Lines(1, 5) + between + Lines(7, 9)).IsContinuous.ShouldBeFalse();

    [Fact]
    public void A_silent_guest_is_a_problem() => Judge("").IsContinuous.ShouldBeFalse();

    private static GuestLife Judge(string text) => GuestLog.Parse(text).Judge();

    private static string Lines(int from, int to) => string.Concat(
        Enumerable.Range(from, to - from + 1).Select(static n => string.Create(CultureInfo.InvariantCulture, $"tick {n} boot={Boot} disk={n / 10}\r\n")));
}
