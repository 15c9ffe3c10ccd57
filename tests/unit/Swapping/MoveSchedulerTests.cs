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
