namespace HostSwap.Orchestrator.Swapping;

/// <summary>Which state of a move may follow which; the one place that says so.</summary>
public static class MoveTransitions
{
    private static readonly IReadOnlyDictionary<MoveState, IReadOnlyList<MoveState>> Legal = new Dictionary<MoveState, IReadOnlyList<MoveState>>
    {
        // Pending → Arrived: an earlier, interrupted swap has moved it already.
        [MoveState.Pending] = [MoveState.Fenced, MoveState.Arrived, MoveState.Left, MoveState.Lost, MoveState.Returned],
        [MoveState.Fenced] = [MoveState.Moving, MoveState.Left, MoveState.Returned],
        // Moving → Fenced: the VM was shut off or started meanwhile and is moved by the other method.
        [MoveState.Moving] = [MoveState.Arrived, MoveState.Returned, MoveState.Lost, MoveState.Left, MoveState.Fenced],
        // Arrived → Left: it runs on the new side, but not as it should; a person looks.
        [MoveState.Arrived] = [MoveState.Verified, MoveState.Left, MoveState.Lost],
        [MoveState.Verified] = [],
        [MoveState.Returned] = [],
        [MoveState.Lost] = [],
        [MoveState.Left] = [],
    };

    /// <summary>Whether <paramref name="to"/> may follow <paramref name="from"/>.</summary>
    public static bool IsLegal(MoveState from, MoveState to) => Legal[from].Contains(to);

    /// <summary>Whether a move has ended in this state.</summary>
    public static bool IsTerminal(MoveState state) => Legal[state].Count == 0;
}
