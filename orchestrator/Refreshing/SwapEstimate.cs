using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>How long a swap will take, by what earlier ones on this server took.</summary>
/// <param name="Duration">How long, with some to spare.</param>
/// <param name="Measured">Whether it was measured here; else it is a guess on the safe side.</param>
public sealed record SwapEstimate(TimeSpan Duration, bool Measured)
{
    /// <summary>VMs and their load are not the same each time.</summary>
    private const double Margin = 1.5;

    /// <summary>Where nothing was measured: a slow disk's speed, which memory on one machine exceeds many times.</summary>
    private const double AssumedBytesPerSecond = 100 << 20;

    private static readonly TimeSpan AssumedMove = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AssumedRest = TimeSpan.FromMinutes(3);

    /// <summary>Estimates.</summary>
    /// <param name="plan">What is to be moved.</param>
    /// <param name="past">Earlier swaps that were done, with their moves.</param>
    public static SwapEstimate Of(SwapPlan plan, IReadOnlyList<OperationDetails> past)
    {
        var moves = past.SelectMany(static swap => swap.Moves).ToList();
        var rates = moves
            .Where(static move => Is(move, MoveMethod.Copy) && move.BytesTransferred > 1 << 20 && move.Elapsed > TimeSpan.Zero)
            .Select(static move => move.BytesTransferred!.Value / move.Elapsed!.Value.TotalSeconds).ToList();
        var handovers = moves.Where(static move => Is(move, MoveMethod.Handover)).Select(static move => move.Elapsed).OfType<TimeSpan>().ToList();
        var rest = past.Where(static swap => swap.Operation.FinishedAt is not null).Select(Rest).ToList();
        var rate = rates.Count > 0 ? rates.Min() : AssumedBytesPerSecond;
        var move = handovers.Count > 0 ? handovers.Max() : AssumedMove;
        var duration = (rest.Count > 0 ? rest.Max() : AssumedRest) + plan.Moves.Aggregate(TimeSpan.Zero, (sum, one) => sum + Of(one, rate, move));
        return new SwapEstimate(
            duration * Margin,
            rest.Count > 0 && plan.Moves.All(one => one.Method switch { MoveMethod.Copy => rates.Count > 0, MoveMethod.Handover => handovers.Count > 0, _ => true }));
    }

    private static TimeSpan Of(PlannedMove move, double bytesPerSecond, TimeSpan handover) => move.Method switch
    {
        MoveMethod.Handover => handover,
        MoveMethod.Copy => TimeSpan.FromSeconds(move.MemoryBytes / bytesPerSecond),
        // Written, and read again.
        MoveMethod.SaveRestore => TimeSpan.FromSeconds(2 * move.MemoryBytes / Math.Min(bytesPerSecond, AssumedBytesPerSecond)),
        MoveMethod.Restart => move.Policy.ShutdownDeadline,
        _ => TimeSpan.Zero,
    };

    /// <summary>What a swap took besides its moves: the candidate's start, canaries, verification. Moves went one at a time, or it was more.</summary>
    private static TimeSpan Rest(OperationDetails swap)
    {
        var rest = swap.Operation.FinishedAt!.Value - swap.Operation.StartedAt - swap.Moves.Aggregate(TimeSpan.Zero, static (sum, move) => sum + (move.Elapsed ?? TimeSpan.Zero));
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    private static bool Is(MoveRecord move, MoveMethod method) => string.Equals(move.Method, method.ToString(), StringComparison.Ordinal);
}
