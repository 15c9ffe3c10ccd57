using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class MoveSchedulerTests : IDisposable
{
    private readonly SwapWorld _world = new();
    private int _flying;
    private int _mostFlying;

    public MoveSchedulerTests() => _world.Kernel.Processors = 64;

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task No_more_than_so_many_fly_at_once_and_all_end(int parallel)
    {
        var outcomes = await RunAsync(parallel, Moves(10), MoveState.Verified, together: parallel);
        outcomes.Count.ShouldBe(10);
        _mostFlying.ShouldBe(parallel);
    }

    [Fact]
    public async Task After_a_failure_nothing_more_begins()
    {
        var outcomes = await RunAsync(1, Moves(4), MoveState.Returned, together: 1);
        outcomes.Select(outcome => outcome.State).ShouldBe([MoveState.Returned, MoveState.Left, MoveState.Left, MoveState.Left]);
    }

    [Fact]
    public async Task After_an_interruption_nothing_more_begins()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var outcomes = await new MoveScheduler(_world.Session, 2, goOn: false).RunAsync(Moves(3), _ => throw new InvalidOperationException("begun"), stop.Token);
        outcomes.ShouldAllBe(outcome => outcome.State == MoveState.Left);
    }

    [Fact]
    public async Task A_second_copy_of_ram_must_fit_beside_those_in_flight()
    {
        _world.Kernel.Available = 600L << 20; // two of 256 MiB fit, three do not
        await RunAsync(4, Moves(6), MoveState.Verified, together: 2);
        _mostFlying.ShouldBe(2);
    }

    [Fact]
    public async Task A_large_one_is_overtaken_but_not_for_ever()
    {
        _world.Kernel.Available = 1000L << 20;
        var begun = new List<string>();
        var large = Named("large") with { MemoryBytes = 900L << 20 };
        var first = Named("first");
        IReadOnlyList<PlannedMove> moves = [first, large, .. Enumerable.Range(0, 12).Select(number => Named($"small{number:00}"))];
        var flying = new Dictionary<string, TaskCompletionSource>(StringComparer.Ordinal);
        var run = new MoveScheduler(_world.Session, 2, goOn: false).RunAsync(
            moves,
            async move =>
            {
                begun.Add(move.Name);
                // The first stays in the air, so that the large one never fits beside it.
                if (move.Name == "first")
                    await (flying[move.Name] = new TaskCompletionSource()).Task;
                await Task.Yield();
                return Good(move);
            },
            CancellationToken.None);
        while (begun.Count < 2 + MoveScheduler.MostOvertaken - 1)
            await Task.Yield();
        await Task.Delay(50, TestContext.Current.CancellationToken);
        begun.Count.ShouldBe(1 + MoveScheduler.MostOvertaken);
        begun.ShouldNotContain("large");

        flying["first"].SetResult();
        await run;

        begun[1 + MoveScheduler.MostOvertaken].ShouldBe("large");
        begun.Count.ShouldBe(moves.Count);
    }

    [Theory]
    [InlineData("of a group")]
    [InlineData("with one kernel")] // libvirt takes it from the one that arrives when the other has left
    public async Task Two_that_are_kept_apart_are_never_in_flight_together_and_others_go_on(string why)
    {
        var (inGroup, most) = (0, 0);
        PlannedMove Member(int number) => why == "of a group"
            ? Named($"member{number}") with { Policy = VmPolicy.Default with { Group = "g" } }
            : Named($"member{number}") with { BootFiles = ["/vmlinuz", $"/initrd{number}"] };
        IReadOnlyList<PlannedMove> moves = [.. Enumerable.Range(0, 3).Select(Member), .. Moves(4)];
        var order = new List<string>();
        await new MoveScheduler(_world.Session, 3, goOn: false).RunAsync(
            moves,
            async move =>
            {
                order.Add(move.Name);
                if (move.Name.StartsWith("member", StringComparison.Ordinal))
                    most = Math.Max(most, Interlocked.Increment(ref inGroup));
                await Task.Delay(20, TestContext.Current.CancellationToken);
                if (move.Name.StartsWith("member", StringComparison.Ordinal))
                    Interlocked.Decrement(ref inGroup);
                return Good(move);
            },
            CancellationToken.None);
        most.ShouldBe(1);
        order.Take(3).ShouldBe(["member0", "vm0", "vm1"]);
        order.Count.ShouldBe(7);
    }

    [Fact]
    public async Task What_needs_no_memory_goes_on_beside_what_waits_for_it()
    {
        _world.Kernel.Available = 300L << 20; // one of 256 MiB
        IReadOnlyList<PlannedMove> moves = [Named("a"), Named("b"), Named("c") with { Method = MoveMethod.Define }];
        var order = new List<string>();
        await new MoveScheduler(_world.Session, 4, goOn: false).RunAsync(
            moves,
            async move =>
            {
                order.Add(move.Name);
                await Task.Delay(20, TestContext.Current.CancellationToken);
                return Good(move);
            },
            CancellationToken.None);
        order.ShouldBe(["a", "c", "b"]);
    }

    [Theory]
    [InlineData(MoveMethod.Copy, 4, null, 4)]
    [InlineData(MoveMethod.Handover, 4, null, 2)] // two cores each, so that the switchover of one does not suffer from another's start
    [InlineData(MoveMethod.Handover, 1, null, 1)] // one always may
    [InlineData(MoveMethod.Handover, 1, 3, 3)] // who says how many has counted them
    public async Task Without_a_number_of_the_operator_moves_are_admitted_by_cores(MoveMethod method, int processors, int? parallel, int expected)
    {
        using var world = new SwapWorld { Migration = _world.Migration with { Parallel = parallel } };
        world.Kernel.Processors = processors;
        var flying = 0;
        await new MoveScheduler(world.Session, parallel ?? 8, goOn: false).RunAsync(
            [.. Moves(6).Select(move => move with { Method = method })],
            async move =>
            {
                _mostFlying = Math.Max(_mostFlying, Interlocked.Increment(ref flying));
                await Task.Delay(20, TestContext.Current.CancellationToken);
                Interlocked.Decrement(ref flying);
                return Good(move);
            },
            CancellationToken.None);
        _mostFlying.ShouldBe(expected);
    }

    [Fact]
    public async Task One_for_which_there_is_never_room_is_left_and_the_others_move()
    {
        _world.Kernel.Available = 300L << 20;
        var session = _world.Session with { Time = new HastyTime() };
        var outcomes = await new MoveScheduler(session, 2, goOn: true).RunAsync(
            [Named("huge") with { MemoryBytes = 1L << 40 }, Named("small")], move => Task.FromResult(Good(move)), CancellationToken.None);
        outcomes.Single(outcome => outcome.Name == "huge").State.ShouldBe(MoveState.Left);
        outcomes.Single(outcome => outcome.Name == "small").State.ShouldBe(MoveState.Verified);
    }

    private static MoveOutcome Good(PlannedMove move) => new(move.Uuid, move.Name, move.Method, MoveState.Verified, "", null, null, TimeSpan.Zero);

    private static PlannedMove Named(string name) =>
        SwapWorld.Plan(new DomainRecord(Guid.NewGuid(), name, DomainState.Running, 0, Persistent: true, Autostart: false));

    /// <summary>Runs moves that do not end before so many have been in flight together.</summary>
    private async Task<IReadOnlyList<MoveOutcome>> RunAsync(int parallel, IReadOnlyList<PlannedMove> moves, MoveState end, int together)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return await new MoveScheduler(_world.Session, parallel, goOn: false).RunAsync(
            moves,
            async move =>
            {
                _mostFlying = Math.Max(_mostFlying, Interlocked.Increment(ref _flying));
                if (_mostFlying >= together)
                    met.TrySetResult();
                await met.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
                await Task.Yield();
                Interlocked.Decrement(ref _flying);
                return new MoveOutcome(move.Uuid, move.Name, move.Method, end, "", null, null, TimeSpan.Zero);
            },
            CancellationToken.None);
    }

    private static IReadOnlyList<PlannedMove> Moves(int count) =>
    [
        .. Enumerable.Range(0, count).Select(number =>
            SwapWorld.Plan(new DomainRecord(Guid.NewGuid(), $"vm{number}", DomainState.Running, 0, Persistent: true, Autostart: false))),
    ];
}
