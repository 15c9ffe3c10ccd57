using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>What canaries have shown between two generations: each machine type and CPU has a result of its own.</summary>
internal sealed class CanaryProofs(SwapSession session, TimeProvider time)
{
    /// <summary>
    /// How long all of them may take. One takes seconds; whoever has more kinds of VM than fit has those proven first that most VMs
    /// have, and the rest by the next plan.
    /// </summary>
    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(3);

    private readonly Dictionary<string, CanaryVerdict> _flown = new(StringComparer.Ordinal);

    /// <summary>What is said of what none has flown for.</summary>
    public CanaryVerdict Untried { get; init; } = CanaryVerdict.Pending;

    /// <summary>What is known of one.</summary>
    public CanaryVerdict Find(CanaryPair pair)
    {
        if (_flown.TryGetValue(pair.Key, out var flown))
            return flown;
        var verdict = new CanaryTrial(session, pair).Find();
        return verdict.Proof == CanaryProof.Pending ? Untried : verdict;
    }

    /// <summary>Has canaries fly, one after the other.</summary>
    /// <param name="pairs">What for, each with a VM that has it and is ready for handover.</param>
    /// <param name="stop">Interrupts in order.</param>
    public async Task FlyAsync(IReadOnlyList<(CanaryPair Pair, Guid Model)> pairs, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        foreach (var (pair, model) in pairs)
            _flown[pair.Key] = time.GetElapsedTime(began) < Budget ? await new CanaryTrial(session, pair).RunAsync(model, stop) : CanaryVerdict.NoTime;
    }

    /// <summary>What a plan is made from, in their light.</summary>
    public PlanContext Weigh(PlanContext context)
    {
        var offers = context.Handovers.ToDictionary();
        var grounded = new Dictionary<Guid, string>();
        foreach (var (machine, definition) in context.Readable())
        {
            if (!machine.Domain.IsActive)
                continue;
            var verdict = Find(CanaryPair.Of(definition));
            if (offers.TryGetValue(machine.Domain.Uuid, out var offer))
                offers[machine.Domain.Uuid] = verdict.Weigh(offer);
            if (verdict.ForbidsCopies)
                grounded[machine.Domain.Uuid] = verdict.Reason;
        }

        return context with { Handovers = offers, Grounded = grounded };
    }
}
