using HostSwap.Orchestrator.Handover;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Handover;

/// <summary>Guests stand still one after the other.</summary>
public sealed class SwitchoverGateTests : IDisposable
{
    private readonly SwitchoverGate _gate = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _gate.Dispose();

    [Fact]
    public async Task The_next_waits_until_the_turn_before_it_is_over()
    {
        var (first, second) = (_gate.Turn(), _gate.Turn());
        await first.WaitAsync(Token);
        var waiting = second.WaitAsync(Token);
        waiting.IsCompleted.ShouldBeFalse();

        first.End();
        first.End();

        await waiting.WaitAsync(TimeSpan.FromSeconds(2), Token);
        _gate.Turn().WaitAsync(Token).IsCompleted.ShouldBeFalse("ended twice, it was given back once");
    }

    [Fact]
    public async Task One_that_failed_while_it_waited_holds_up_nobody()
    {
        var (first, second, third) = (_gate.Turn(), _gate.Turn(), _gate.Turn());
        await first.WaitAsync(Token);
        var waiting = second.WaitAsync(Token);
        second.End();

        first.End();

        await waiting.WaitAsync(TimeSpan.FromSeconds(2), Token);
        await third.WaitAsync(Token).WaitAsync(TimeSpan.FromSeconds(2), Token);
    }

    [Fact]
    public async Task One_that_hangs_holds_up_nobody_for_good()
    {
        await _gate.Turn().WaitAsync(Token);

        await _gate.Turn().WaitAsync(Token).WaitAsync(TimeSpan.FromSeconds(20), Token);
    }
}
