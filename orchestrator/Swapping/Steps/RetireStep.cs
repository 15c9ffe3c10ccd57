using System.Globalization;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Swapping.Canaries;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>
/// Retires an old generation in three stages: it soaks, which is to run on, empty, so that a rollback is instant; it is
/// stopped once it is seen to be empty; and it is removed when it has been kept long enough. No process waits for that:
/// what is due is done by whichever command comes next, or by <c>hostctl retire</c> from a timer.
/// </summary>
internal sealed class RetireStep(OuterHostParts parts, EffectLog log)
{
    /// <summary>Begins the soak of one that has just been retired, or stops it at once where there is none; refuses while it holds anything.</summary>
    public async Task<string> RunAsync(Generation old)
    {
        await RefuseIfHoldingAsync(old);
        if (SoaksUntil(old) is { } until)
        {
            await RemoveExpiredAsync();
            if (old.IsOuter)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"the outer host's own libvirt runs on, empty, until {until:yyyy-MM-dd HH:mm:ss} UTC, and 'hostctl adopt --back' goes back to it; then, or by 'hostctl retire --now', it is stopped and masked, so that nobody starts a VM there");
            }

            return string.Create(CultureInfo.InvariantCulture, $"{old.Name} runs on, empty, until {until:yyyy-MM-dd HH:mm:ss} UTC for an instant rollback");
        }

        await parts.Generations.StopAsync(log, old, CancellationToken.None);
        await RemoveExpiredAsync();
        var keep = parts.Settings.Generation.KeepRetired;
        return keep == TimeSpan.Zero ? $"{old.Name} is stopped and removed" : $"{old.Name} is stopped and kept for {Configuration.DurationText.Format(keep)}";
    }

    /// <summary>Stops every retired generation whose soak is over, and removes what has been kept long enough.</summary>
    /// <param name="now">Whether soaks end at once.</param>
    public async Task<string> RetireDueAsync(bool now = false)
    {
        var stopped = 0;
        foreach (var old in await DueAsync(now))
        {
            await RefuseIfHoldingAsync(old);
            await parts.Generations.StopAsync(log, old, CancellationToken.None);
            stopped++;
        }

        var removed = await RemoveExpiredAsync();
        return $"{stopped} generation(s) stopped, {removed} removed";
    }

    /// <summary>Retired generations that still run and should not.</summary>
    public async Task<IReadOnlyList<Generation>> DueAsync(bool now)
    {
        var due = new List<Generation>();
        foreach (var old in Retired().Where(old => now || SoaksUntil(old) is null))
        {
            if (await parts.Engine.FindContainerAsync(old.ContainerName, CancellationToken.None) is { Running: true })
                due.Add(old);
        }

        return due;
    }

    /// <summary>Retired generations that have been kept long enough and hold nothing.</summary>
    public async Task<IReadOnlyList<Generation>> ExpiredAsync()
    {
        var time = parts.Time.GetUtcNow();
        var expired = new List<Generation>();
        foreach (var old in Retired().Where(old => SoaksUntil(old) is null && old.Record.RetiredAt + parts.Settings.Generation.KeepRetired <= time))
        {
            if ((await parts.Contents.FindAsync(old, CancellationToken.None)).Count == 0)
                expired.Add(old);
        }

        return expired;
    }

    private async Task<int> RemoveExpiredAsync()
    {
        var expired = await ExpiredAsync();
        foreach (var old in expired)
            await parts.Generations.RemoveAsync(log, old, CancellationToken.None);
        return expired.Count;
    }

    /// <summary>Asked before libvirt is taken from those who work in it; the stop itself asks again once it is gone.</summary>
    private async Task RefuseIfHoldingAsync(Generation old)
    {
        var held = await new LeftCanaries(parts, log).HeldAsync(old);
        if (held.Count > 0)
            throw new GenerationHoldsException(old, held);
    }

    private IEnumerable<Generation> Retired() => parts.Generations.All().Where(generation => generation.Role == GenerationRole.Retired);

    /// <summary>Until when it soaks; null where its soak is over.</summary>
    private DateTimeOffset? SoaksUntil(Generation old) =>
        old.SoaksUntil(parts.Settings.Generation.Soak) is { } until && until > parts.Time.GetUtcNow() ? until : null;
}
