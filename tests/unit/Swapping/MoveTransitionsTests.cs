using HostSwap.Orchestrator.Swapping;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class MoveTransitionsTests
{
    [Fact]
    public void Every_state_is_in_the_table_and_an_end_can_be_reached_from_it()
    {
        foreach (var state in Enum.GetValues<MoveState>())
            CanEnd(state, []).ShouldBeTrue(state.ToString());
    }

    [Theory]
    [InlineData(MoveState.Pending, MoveState.Moving)]
    [InlineData(MoveState.Pending, MoveState.Verified)]
    [InlineData(MoveState.Moving, MoveState.Verified)]
    [InlineData(MoveState.Arrived, MoveState.Returned)]
    [InlineData(MoveState.Verified, MoveState.Moving)]
    [InlineData(MoveState.Lost, MoveState.Moving)]
    public void A_move_skips_no_check(MoveState from, MoveState to) => MoveTransitions.IsLegal(from, to).ShouldBeFalse();

    private static bool CanEnd(MoveState state, HashSet<MoveState> seen) =>
        !Enum.GetValues<MoveState>().Any(next => MoveTransitions.IsLegal(state, next))
        || (seen.Add(state) && Enum.GetValues<MoveState>().Any(next => MoveTransitions.IsLegal(state, next) && CanEnd(next, seen)));
}
