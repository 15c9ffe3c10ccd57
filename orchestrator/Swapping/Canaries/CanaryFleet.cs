using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>Has canaries fly, each of its own machine type and CPU, and by each method that its VMs want.</summary>
internal sealed class CanaryFleet(SwapSession session, TimeProvider time)
{
    /// <summary>
    /// How long all of them may take. One takes seconds; whoever has more kinds of VM than fit has those proven first that most VMs
    /// have, and the rest by the next plan.
    /// </summary>
    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(3);

    /// <summary>How long one of their migrations may take: what is sent of them is a few MiB.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Flies.</summary>
    /// <param name="wishes">What for, in order.</param>
    /// <param name="stop">Interrupts in order.</param>
    /// <returns>Of what nothing is known for want of a flight, with the reason, by the pair's key; null for want of time.</returns>
    /// <exception cref="JournalException">The journal cannot be written.</exception>
    public async Task<IReadOnlyDictionary<string, string?>> FlyAsync(IReadOnlyList<CanaryWish> wishes, CancellationToken stop)
    {
        var grounded = new Dictionary<string, string?>(StringComparer.Ordinal);
        var there = Quietly();
        // Only while they fly: a hostctl that hangs would hold up whatever starts there.
        await using var desk = wishes.Any(static wish => wish.Methods.Contains(MoveMethod.Handover)) ? session.Listen(session.Source.Generation.Paths) : null;
        var flight = new CanaryFlight(there, there with { Source = there.Target, Target = there.Source, Hooks = desk ?? there.Hooks });
        var began = time.GetTimestamp();
        foreach (var wish in wishes)
        {
            if (time.GetElapsedTime(began) < Budget)
                await FlyAsync(flight, wish, grounded, stop);
            else
                grounded[wish.Pair.Key] = null;
        }

        return grounded;
    }

    private async Task FlyAsync(CanaryFlight flight, CanaryWish wish, Dictionary<string, string?> grounded, CancellationToken stop)
    {
        foreach (var method in wish.Methods)
        {
            if (await new CanaryTrial(session, wish.Pair).RunAsync(flight, method, wish.Model, stop) is { } why)
            {
                grounded[wish.Pair.Key] = why;
                return; // The next would not be ready either.
            }
        }
    }

    /// <summary>Nobody watches their progress, and they may not take as long as VMs.</summary>
    private SwapSession Quietly() => session with
    {
        Settings = session.Settings with
        {
            Migration = session.Settings.Migration with { DeadlineBase = Limit, DeadlinePerGiB = TimeSpan.Zero },
        },
        Observer = new NoticesOnly(session.Observer),
    };

    private sealed class NoticesOnly(ISwapObserver observer) : ISwapObserver
    {
        public void OnEvent(SwapEvent swapEvent)
        {
            if (swapEvent is SwapNotice)
                observer.OnEvent(swapEvent);
        }
    }
}

/// <summary>What canaries are to fly for.</summary>
/// <param name="Pair">What they have of VMs.</param>
/// <param name="Model">A VM that has it.</param>
/// <param name="Methods">How they are moved, in order.</param>
internal sealed record CanaryWish(CanaryPair Pair, Guid Model, IReadOnlyList<MoveMethod> Methods);
