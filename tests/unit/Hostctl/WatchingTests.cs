using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Watching;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using Shouldly;
using Spectre.Console.Testing;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class WatchingTests
{
    private static SwapView After(params IEnumerable<SwapEvent> events) =>
        events.Aggregate(SwapView.Empty, (view, e) => view.Apply(e));

    [Fact]
    public void The_plan_gives_the_rows_in_order()
    {
        var view = After(Samples.Events().Take(4));

        view.Operation.ShouldBe(7);
        view.From.ShouldBe(1);
        view.To.ShouldBe(2);
        view.Vms.Select(vm => vm.Name).ShouldBe(["db01", "web01"]);
        view.Vms.ShouldAllBe(vm => vm.State == MoveState.Pending && vm.Share == null && vm.ElapsedAt(Samples.At) == null);
        view.CurrentStep.ShouldBeNull();
        view.Steps.Single().Elapsed.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Progress_gives_share_and_rates()
    {
        var view = After(Samples.Events().Take(7));

        var vm = view.Vms[0];
        vm.State.ShouldBe(MoveState.Moving);
        vm.Share.ShouldBe(0.5);
        vm.BytesPerSecond.ShouldBe(400L << 20);
        vm.ElapsedAt(Samples.At.AddSeconds(4)).ShouldBe(TimeSpan.FromSeconds(1));
        view.CurrentStep!.Step.ShouldBe(SwapStep.MoveDomains);
    }

    [Fact]
    public void Late_progress_does_not_take_an_arrived_vm_back()
    {
        var view = After([.. Samples.Events().Take(8), Samples.Progress(Samples.At.AddSeconds(6), "db01", 100)]);

        view.Vms[0].State.ShouldBe(MoveState.Arrived);
        view.Vms[0].Share.ShouldBe(1);
        view.Vms[0].ElapsedAt(Samples.At.AddHours(1)).ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void The_end_fills_in_downtimes()
    {
        var view = After(Samples.Events());

        view.Vms[0].Downtime.ShouldBe(TimeSpan.FromMilliseconds(51));
        view.Arrived.ShouldBe(2);
        view.Result.ShouldNotBeNull();
    }

    [Fact]
    public void Events_of_unknown_vms_and_steps_are_taken_as_they_come()
    {
        var view = After(
            new MoveChanged(Samples.At, Samples.Db, "late", MoveMethod.Copy, MoveState.Returned, "why"),
            new StepFinished(Samples.At, SwapStep.Verify, false, TimeSpan.FromSeconds(1), "no"));

        view.Vms.Single().IsFailed.ShouldBeTrue();
        view.Steps.Single().Succeeded.ShouldBe(false);
    }

    [Fact]
    public void An_older_view_does_not_change()
    {
        var before = After(Samples.Events().Take(4));
        before.Apply(Samples.Events()[5]);

        before.Vms[0].State.ShouldBe(MoveState.Pending);
    }

    [Fact]
    public void Plain_lines_tell_of_progress_every_two_seconds_for_each_vm()
    {
        var lines = new EventLinesText(TimeZoneInfo.Utc);
        var other = Samples.Progress(Samples.At, "web01", 5) with { Uuid = Samples.Web };

        lines.Say(Samples.Progress(Samples.At, "db01", 256L << 20)).ShouldBe(
            "04:05:06 vm db01: 50 %, 300 MiB sent, 256 MiB remaining, 400 MiB/s, dirty 20 MiB/s, pass 1, 1.0 s");
        lines.Say(Samples.Progress(Samples.At.AddSeconds(1.9), "db01", 5)).ShouldBeNull();
        lines.Say(other).ShouldNotBeNull();
        lines.Say(Samples.Progress(Samples.At.AddSeconds(2), "db01", 5)).ShouldNotBeNull();
    }

    [Fact]
    public void Plain_lines_are_one_line_each_whatever_the_name()
    {
        var lines = new EventLinesText(TimeZoneInfo.Utc);

        foreach (var line in Samples.Events(Samples.HostileName).Select(lines.Say).OfType<string>())
            line.ShouldAllBe(c => !char.IsControl(c) && c != '\u202E');
    }

    [Theory]
    [InlineData(140)]
    [InlineData(80)]
    public void The_picture_shows_each_vm_and_keeps_to_the_width(int width)
    {
        using var console = new TestConsole().Width(width).Height(40);

        console.Write(LiveView.Draw(After(Samples.Events().Take(7)), Samples.At.AddSeconds(5), width, 40, "a note"));

        console.Output.ShouldContain("Swap 7: gen-1 → gen-2 (hostswap/host:trixie), 0 of 2 VMs arrived");
        console.Output.ShouldContain("Step move-domains, 2.0 s");
        console.Output.ShouldContain("db01");
        console.Output.ShouldContain("50 %");
        console.Output.ShouldContain("400 MiB/s");
        console.Output.ShouldContain("20 MiB/s");
        console.Output.ShouldContain("a note");
        console.Lines.ShouldAllBe(line => line.Length <= width);
        console.Lines.Count.ShouldBeLessThan(12);
    }

    [Fact]
    public void A_small_screen_shows_what_moves_and_counts_the_rest()
    {
        var moves = Enumerable.Range(1, 100).Select(i => Samples.Move(i, $"vm{i:000}", Guid.NewGuid())).ToList();
        var view = After(
            new PlanMade(Samples.At, Samples.Plan() with { Moves = moves }),
            new MoveChanged(Samples.At, moves[90].Uuid, "vm091", MoveMethod.Copy, MoveState.Moving, ""),
            new MoveChanged(Samples.At, moves[0].Uuid, "vm001", MoveMethod.Copy, MoveState.Verified, ""));
        using var console = new TestConsole().Width(140).Height(20);

        console.Write(LiveView.Draw(view, Samples.At, 140, 20, ""));

        console.Output.ShouldContain("vm091");
        console.Output.ShouldNotContain("vm001");
        console.Output.ShouldContain("… and 89 pending, 1 verified");
        console.Lines.Count.ShouldBeLessThanOrEqualTo(20);
    }

    [Fact]
    public void The_picture_is_not_torn_by_hostile_names()
    {
        using var console = new TestConsole().Width(140).Height(40).EmitAnsiSequences();
        var view = After(Samples.Events(Samples.HostileName).Take(7));

        console.Write(LiveView.Draw(view, Samples.At.AddSeconds(5), 140, 40, Samples.HostileName));

        console.Output.ShouldContain("[red]x[/]\\e[2J");
        console.Output.ShouldNotContain("\u001b[2J");
        console.Output.ShouldNotContain("\u202E");
    }

    [Fact]
    public async Task A_stuck_observer_does_not_hold_up_the_swap()
    {
        using var release = new ManualResetEventSlim();
        var seen = new List<SwapEvent>();
        var stuck = new Observer(_ => release.Wait(TimeSpan.FromSeconds(30), CancellationToken.None));
        var queue = new QueuedObserver(stuck, new Observer(seen.Add));

        var events = Samples.Events();
        foreach (var e in events) queue.OnEvent(e);
        release.Set();
        await queue.DisposeAsync();

        seen.ShouldBe(events);
    }

    [Fact]
    public async Task A_failing_observer_is_told_of_at_the_end_and_others_go_on()
    {
        var seen = new List<SwapEvent>();
        var calls = 0;
        var queue = new QueuedObserver(
            new Observer(_ =>
            {
                calls++;
                throw new IOException("no space left");
            }),
            new Observer(seen.Add));

        foreach (var e in Samples.Events()) queue.OnEvent(e);

        (await Should.ThrowAsync<IOException>(() => queue.DisposeAsync().AsTask())).Message.ShouldContain("no space left");
        calls.ShouldBe(1);
        seen.Count.ShouldBe(Samples.Events().Count);
    }

    private sealed class Observer(Action<SwapEvent> see) : ISwapObserver
    {
        public void OnEvent(SwapEvent swapEvent) => see(swapEvent);
    }
}
