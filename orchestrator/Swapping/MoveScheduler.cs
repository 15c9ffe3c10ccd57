using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Keeps a constant flow of N moves, in the plan's order, each admitted only when the outer host has room for it and
/// none is in flight that it must be kept apart from. After the first failure, unless told to go on, or an interruption, no further move
/// begins; those in flight end by themselves.
/// </summary>
/// <remarks>
/// One that cannot be admitted yet is overtaken by later ones that can, so that a large VM does not hold up the small
/// ones behind it. One for which there is no room is overtaken <see cref="MostOvertaken"/> times; then nothing more
/// begins before it, so that it waits at most for those in flight. One that is kept apart from others needs no such rule:
/// the first of a group is the next of it.
/// </remarks>
public sealed class MoveScheduler(SwapSession session, int parallel, bool goOn)
{
    /// <summary>How many moves may begin before one for which there is no room yet.</summary>
    internal const int MostOvertaken = 8;

    private static readonly TimeSpan MemoryPoll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MemoryLimit = TimeSpan.FromSeconds(30);

    private readonly Room _room = new(session);
    private readonly List<Waiting> _waiting = [];
    private readonly List<(PlannedMove Move, Task<MoveOutcome> Task)> _flying = [];
    private readonly List<MoveOutcome> _ended = [];

    private IReadOnlyCollection<PlannedMove> Flying => [.. _flying.Select(flight => flight.Move)];

    /// <summary>Runs all moves; returns what became of each.</summary>
    public async Task<IReadOnlyList<MoveOutcome>> RunAsync(
        IReadOnlyList<PlannedMove> moves, Func<PlannedMove, Task<MoveOutcome>> move, CancellationToken stop)
    {
        _waiting.AddRange(moves.Select(planned => new Waiting(planned)));
        while (_waiting.Count > 0 || _flying.Count > 0)
        {
            if (WhyStop(stop) is { } why)
                LeaveAll(why);

            if (_flying.Count < parallel && Next() is { } next)
                Begin(next, move);
            else if (_flying.Count > 0)
                await ReapAsync();
            else if (_waiting is [var first, ..])
                await WaitForRoomAsync(first, stop);
        }

        return _ended;
    }

    private string? WhyStop(CancellationToken stop)
    {
        if (stop.IsCancellationRequested)
            return "the swap was interrupted before its turn";

        return !goOn && _ended.Any(outcome => !outcome.IsGood) ? "the swap stopped before its turn, after another VM's move failed" : null;
    }

    /// <summary>The first that may begin now; null where none may.</summary>
    private Waiting? Next()
    {
        var flying = Flying;
        foreach (var waiting in _waiting)
        {
            if (IsKeptApart(waiting.Move, flying))
                continue;
            if (_room.Fits(waiting.Move, flying))
                return waiting;
            if (waiting.Overtaken >= MostOvertaken)
                return null;
        }

        return null;
    }

    private void Begin(Waiting next, Func<PlannedMove, Task<MoveOutcome>> move)
    {
        var flying = Flying;
        foreach (var overtaken in _waiting.TakeWhile(waiting => waiting != next).Where(waiting => !IsKeptApart(waiting.Move, flying)))
            overtaken.Overtaken++;
        _waiting.Remove(next);
        _flying.Add((next.Move, move(next.Move)));
    }

    /// <summary>Whether one is in flight that it must not be in flight with: of its group, or with a boot file of its.</summary>
    private static bool IsKeptApart(PlannedMove move, IReadOnlyCollection<PlannedMove> flying) => flying.Any(other =>
        (move.Policy.Group is { } group && string.Equals(other.Policy.Group, group, StringComparison.Ordinal))
        || move.BootFiles.Intersect(other.BootFiles, StringComparer.Ordinal).Any());

    /// <summary>
    /// With nothing in flight, memory alone can be what is missing. That of a QEMU that has just ended comes back a moment
    /// later; the kernel sends no event for that.
    /// </summary>
    private async Task WaitForRoomAsync(Waiting first, CancellationToken stop)
    {
        var began = session.Time.GetTimestamp();
        while (Next() is null && !stop.IsCancellationRequested)
        {
            if (session.Time.GetElapsedTime(began) > MemoryLimit)
            {
                _waiting.Remove(first);
                Leave(first.Move, "the outer host has no room for a second copy of its RAM");
                return;
            }

            await Task.Delay(MemoryPoll, session.Time, CancellationToken.None);
        }
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

    private void LeaveAll(string reason)
    {
        foreach (var waiting in _waiting)
            Leave(waiting.Move, reason);
        _waiting.Clear();
    }

    private void Leave(PlannedMove move, string reason)
    {
        var outcome = MoveOutcome.Of(move, MoveState.Left, reason);
        session.Record(move, outcome);
        _ended.Add(outcome);
    }

    /// <summary>One that has not begun.</summary>
    private sealed class Waiting(PlannedMove move)
    {
        public PlannedMove Move => move;

        /// <summary>How many have begun before it though it was their elder.</summary>
        public int Overtaken { get; set; }
    }
}
