using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>What canaries have shown between two generations: each machine type and CPU has results of its own.</summary>
internal sealed class CanaryProofs(SwapSession session, TimeProvider time)
{
    /// <summary>The copy is what is left where a handover fails, and takes no longer.</summary>
    private static readonly MoveMethod[] Both = [MoveMethod.Handover, MoveMethod.Copy];

    /// <summary>Before VMs that are copied anyway.</summary>
    private readonly MoveMethod[] _copies = session.Settings.Migration.Canaries == CanaryScope.All ? [MoveMethod.Copy] : [];

    /// <summary>Pairs that wanted to fly and did not, with the reason; null for want of time.</summary>
    private readonly Dictionary<string, string?> _grounded = new(StringComparer.Ordinal);

    /// <summary>What is said of what none has flown for.</summary>
    public CanaryVerdict Untried { get; init; } = CanaryVerdict.Pending;

    /// <summary>What is known of one.</summary>
    public CanaryVerdict Find(CanaryPair pair)
    {
        var verdict = new CanaryTrial(session, pair).Find();
        if (verdict.Proof != CanaryProof.Pending)
            return verdict;
        var instead = _grounded.TryGetValue(pair.Key, out var why) && why is null ? CanaryVerdict.NoTime : Untried;
        return verdict with { Proof = instead.Proof, Reason = instead.Reason };
    }

    /// <summary>What is still to be proven before the moves of a plan: that VMs move so, there and back.</summary>
    /// <param name="context">What the plan was made from.</param>
    /// <param name="moves">Its moves.</param>
    /// <returns>What most VMs have comes first.</returns>
    public IReadOnlyList<CanaryWish> Wanted(PlanContext context, IReadOnlyList<PlannedMove> moves)
    {
        var methods = moves.Where(static move => move.Method is MoveMethod.Handover or MoveMethod.Copy).ToDictionary(static move => move.Uuid, static move => move.Method);
        return
        [
            .. context.Readable()
                .Where(item => methods.ContainsKey(item.Machine.Domain.Uuid))
                .GroupBy(static item => CanaryPair.Of(item.Definition), static item => item.Machine.Domain.Uuid)
                .OrderByDescending(static group => group.Count()).ThenBy(static group => group.Key.Key, StringComparer.Ordinal)
                .Select(group => new CanaryWish(
                    group.Key,
                    group.First(),
                    [.. (group.Any(uuid => methods[uuid] == MoveMethod.Handover) ? Both : _copies).Where(method => !new CanaryTrial(session, group.Key).IsKnown(method))]))
                .Where(static wish => wish.Methods.Count > 0),
        ];
    }

    /// <summary>Has canaries fly.</summary>
    /// <param name="wishes">What for.</param>
    /// <param name="stop">Interrupts in order.</param>
    public async Task FlyAsync(IReadOnlyList<CanaryWish> wishes, CancellationToken stop)
    {
        foreach (var (pair, why) in await new CanaryFleet(session, time).FlyAsync(wishes, stop))
            _grounded[pair] = why;
    }

    /// <summary>None can fly.</summary>
    /// <param name="wishes">What they would have flown for.</param>
    /// <param name="why">Why not.</param>
    public void Ground(IReadOnlyList<CanaryWish> wishes, string why)
    {
        foreach (var wish in wishes)
            _grounded[wish.Pair.Key] = why;
    }

    /// <summary>What has come of a wish.</summary>
    public string InWords(CanaryWish wish)
    {
        var verdict = Find(wish.Pair);
        List<string> words = [];
        if (wish.Methods.Contains(MoveMethod.Handover))
            words.Add(verdict.Proof == CanaryProof.Proven ? $"handed over{(verdict.WhyCopiedBack is { } copied ? $", but {copied}" : " and back")}" : verdict.Reason);
        if (_grounded.TryGetValue(wish.Pair.Key, out var why))
            words.Add(why ?? "no time was left");
        else
            words.Add(verdict.WhyNotMoved ?? $"copied{(verdict.WhyNoWayBack is { } stays ? $", but {stays}" : " and back")}");
        return string.Join("; ", words.Distinct(StringComparer.Ordinal));
    }

    /// <summary>What a plan is made from, in their light.</summary>
    public PlanContext Weigh(PlanContext context)
    {
        var offers = context.Handovers.ToDictionary();
        var (grounded, there) = (new Dictionary<Guid, string>(), new Dictionary<Guid, string>());
        foreach (var (pair, uuids) in Running(context))
        {
            var verdict = Find(pair);
            foreach (var (uuid, _) in uuids)
            {
                if (offers.TryGetValue(uuid, out var offer))
                    offers[uuid] = verdict.Weigh(offer);
                if (verdict.WhyNotMoved is { } why)
                    grounded[uuid] = why;
                if (verdict.WhyNoWayBack is { } stays)
                    there[uuid] = stays;
            }
        }

        return context with { Handovers = offers, Grounded = grounded, GroundedThere = there };
    }

    /// <summary>What whoever reads the plan should know, and does not forbid it.</summary>
    public IEnumerable<string> Warnings(PlanContext context)
    {
        foreach (var (pair, machines) in Running(context))
        {
            var names = string.Join(", ", machines.Select(static machine => machine.Name));
            if (Find(pair) is { WhyCopiedBack: { } copied, WhyNoWayBack: null })
                yield return $"{names}: RAM would be copied on the way back: {copied}";
            if (_grounded.TryGetValue(pair.Key, out var why))
                yield return $"{names}: not all that moves them is proven by a canary: {why ?? "those of others took too long; the next operation has more fly"}";
        }
    }

    private static IEnumerable<(CanaryPair Pair, IReadOnlyList<(Guid Uuid, string Name)> Machines)> Running(PlanContext context) => context.Readable()
        .Where(static item => item.Machine.Domain.IsActive)
        .GroupBy(static item => CanaryPair.Of(item.Definition), static item => (item.Machine.Domain.Uuid, item.Machine.Name))
        .Select(static group => (group.Key, (IReadOnlyList<(Guid, string)>)[.. group]));
}
