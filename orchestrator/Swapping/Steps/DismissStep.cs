using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Swapping.Canaries;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>
/// Puts an empty candidate away: one that was made for this operation is removed; one that had been retired before, and
/// that a rollback had called back, is retired again.
/// </summary>
internal sealed class DismissStep(OuterHostParts parts, EffectLog log)
{
    /// <summary>Puts it away; refuses while it holds anything.</summary>
    public async Task<string> RunAsync(Generation candidate)
    {
        var held = await new LeftCanaries(parts, log).HeldAsync(candidate);
        if (held.Count > 0)
            throw new GenerationHoldsException(candidate, held);

        if (await new OuterEntry(parts).WasActiveAsync(candidate))
            return $"{candidate.Name} stays, empty, as it was";

        if (candidate.Record.RetiredAt is null)
        {
            await parts.Generations.RemoveAsync(log, candidate, CancellationToken.None);
            return $"{candidate.Name} is removed";
        }

        // One that still soaks runs on, as before it was called back.
        if (candidate.Record.RetiredAt + parts.Settings.Generation.Soak <= parts.Time.GetUtcNow())
            await parts.Generations.StopAsync(log, candidate, CancellationToken.None);
        await log.DoAsync("dismiss", candidate.Name, () =>
        {
            parts.Generations.RecordRole(candidate, GenerationRole.Retired);
            return Task.FromResult("recorded as retired again");
        });
        return $"{candidate.Name} is retired again";
    }
}
