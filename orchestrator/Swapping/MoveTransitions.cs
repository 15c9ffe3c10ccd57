namespace HostSwap.Orchestrator.Swapping;

/// <summary>Which state of a move may follow which; the one place that says so.</summary>
public static class MoveTransitions
{
    private static readonly IReadOnlyDictionary<MoveState, IReadOnlyList<MoveState>> Legal = new Dictionary<MoveState, IReadOnlyList<MoveState>>
    {
        // Pending → Arrived: an earlier, interrupted swap has moved it already.
        [MoveState.Pending] = [MoveState.Fenced, MoveState.Arrived, MoveState.Left, MoveState.Lost, MoveState.Returned, MoveState.Removed],
        // Fenced → Arrived, Lost, Removed: what is seen before a further try may be another thing than before the first.
        [MoveState.Fenced] = [MoveState.Moving, MoveState.Arrived, MoveState.Left, MoveState.Returned, MoveState.Lost, MoveState.Removed],
        // Moving → Fenced: the VM was shut off or started meanwhile and is moved by the other method.
        [MoveState.Moving] = [MoveState.Arrived, MoveState.Returned, MoveState.Lost, MoveState.Left, MoveState.Fenced, MoveState.Removed],
        // Arrived → Left: it runs on the new side, but not as it should; a person looks.
        [MoveState.Arrived] = [MoveState.Verified, MoveState.Left, MoveState.Lost],
        [MoveState.Verified] = [],
        // Returned → Fenced: another try, where one can help.
        [MoveState.Returned] = [MoveState.Fenced],
        [MoveState.Removed] = [],
        [MoveState.Lost] = [],
        [MoveState.Left] = [],
    };

    /// <summary>Whether <paramref name="to"/> may follow <paramref name="from"/>.</summary>
    public static bool IsLegal(MoveState from, MoveState to) => Legal[from].Contains(to);
}
