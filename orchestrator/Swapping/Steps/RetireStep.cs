using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>Stops an old generation once it is seen to be empty, and removes those that have been kept long enough.</summary>
internal sealed class RetireStep(OuterHostParts parts, EffectLog log)
{
    /// <summary>Stops one; refuses while a domain or a QEMU process remains in it.</summary>
    public async Task<string> RunAsync(Generation old)
    {
        var held = await parts.Contents.FindAsync(old, CancellationToken.None);
        if (held.Count > 0)
            throw new StepFailedException([.. held.Select(item => $"{old.Name} is not stopped: it holds {item}")]);

        await parts.Generations.StopAsync(log, old, CancellationToken.None);
        await RemoveExpiredAsync();
        var keep = parts.Settings.Generation.KeepRetired;
        return keep == TimeSpan.Zero ? $"{old.Name} is stopped and removed" : $"{old.Name} is stopped and kept for {keep}";
    }

    /// <summary>Removes retired generations whose time is over; one that still holds anything stays.</summary>
    public async Task RemoveExpiredAsync()
    {
        var now = parts.Time.GetUtcNow();
        foreach (var generation in parts.Generations.All().Where(item => item.Role == GenerationRole.Retired))
        {
            if (generation.Record.RetiredAt + parts.Settings.Generation.KeepRetired <= now
                && (await parts.Contents.FindAsync(generation, CancellationToken.None)).Count == 0)
            {
                await parts.Generations.RemoveAsync(log, generation, CancellationToken.None);
            }
        }
    }
}
