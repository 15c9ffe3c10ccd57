using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Keeps a constant flow of N moves, in the plan's order, each admitted only when the outer host has room for a second
/// copy of its RAM. After the first failure, unless told to go on, or an interruption, no further move begins; those in
/// flight end by themselves.
/// </summary>
public sealed class MoveScheduler(SwapSession session, int parallel, bool goOn)
{
    private static readonly TimeSpan MemoryPoll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MemoryLimit = TimeSpan.FromSeconds(30);

    private readonly List<(PlannedMove Move, Task<MoveOutcome> Task)> _flying = [];
    private readonly List<MoveOutcome> _ended = [];

    /// <summary>Runs all moves; returns what became of each.</summary>
    public async Task<IReadOnlyList<MoveOutcome>> RunAsync(
        IReadOnlyList<PlannedMove> moves, Func<PlannedMove, Task<MoveOutcome>> move, CancellationToken stop)
    {
        foreach (var next in moves)
        {
            while (_flying.Count >= parallel || (_flying.Count > 0 && !HasRoom(next)))
                await ReapAsync();

            if (WhyStop(stop) is { } why)
                Leave(next, why);
            else if (!await WaitForRoomAsync(next, stop))
                Leave(next, "the outer host has no room for a second copy of its RAM");
            else
                _flying.Add((next, move(next)));
        }

        while (_flying.Count > 0)
            await ReapAsync();

        return _ended;
    }

    private string? WhyStop(CancellationToken stop)
    {
        if (stop.IsCancellationRequested)
            return "the swap was interrupted before its turn";

        return !goOn && _ended.Any(outcome => !outcome.IsGood) ? "the swap stopped before its turn, after another VM's move failed" : null;
    }

    /// <summary>What VMs in flight have not yet taken is counted as taken.</summary>
    private bool HasRoom(PlannedMove next)
    {
        if (next.Method != MoveMethod.Copy)
            return true;

        var promised = _flying.Sum(flight => flight.Move.Method == MoveMethod.Copy ? flight.Move.MemoryBytes : 0);
        var free = session.Kernel.AvailableMemoryBytes() - (session.Settings.Migration.MemoryReserveMiB << 20) - promised;
        return next.MemoryBytes <= free;
    }

    /// <summary>Memory of a QEMU that has just ended comes back a moment later; the kernel sends no event for that.</summary>
    private async Task<bool> WaitForRoomAsync(PlannedMove next, CancellationToken stop)
    {
        var began = session.Time.GetTimestamp();
        while (!HasRoom(next))
        {
            if (stop.IsCancellationRequested || session.Time.GetElapsedTime(began) > MemoryLimit)
                return false;
            await Task.Delay(MemoryPoll, session.Time, CancellationToken.None);
        }

        return true;
    }

    private async Task ReapAsync()
    {
        await Task.WhenAny(_flying.Select(flight => flight.Task));
        foreach (var flight in _flying.Where(flight => flight.Task.IsCompleted).ToList())
        {
            _flying.Remove(flight);
            _ended.Add(await flight.Task);
        }
    }

    private void Leave(PlannedMove move, string reason)
    {
        var outcome = new MoveOutcome(move.Uuid, move.Name, move.Method, MoveState.Left, reason, BytesTransferred: null, Downtime: null, Elapsed: null);
        session.Record(move, outcome);
        _ended.Add(outcome);
    }
}
