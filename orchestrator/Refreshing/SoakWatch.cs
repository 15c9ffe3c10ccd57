namespace HostSwap.Orchestrator.Refreshing;

/// <summary>Watches the host for a while after a swap, by what <c>hostctl verify</c> looks at.</summary>
internal sealed class SoakWatch(IOuterHost host, TimeProvider time)
{
    /// <summary>How often it looks.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>What is wrong is looked at again after so long, before it counts: a VM may be about to be started by a person.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    /// <summary>Watches.</summary>
    /// <param name="duration">How long; it looks once at least.</param>
    /// <param name="stop">Ends it early.</param>
    /// <returns>What is wrong; empty where nothing was.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(TimeSpan duration, CancellationToken stop)
    {
        var end = time.GetUtcNow() + duration;
        for (; ; )
        {
            if ((await LookAsync(stop)).Count > 0)
            {
                await Task.Delay(Again, time, stop);
                if (await LookAsync(stop) is { Count: > 0 } wrong)
                    return wrong;
            }

            var left = end - time.GetUtcNow();
            if (left <= TimeSpan.Zero)
                return [];
            await Task.Delay(left < Interval ? left : Interval, time, stop);
        }
    }

    private async Task<IReadOnlyList<string>> LookAsync(CancellationToken stop)
    {
        var wrong = new List<string>();
        await foreach (var check in host.VerifyAsync(stop))
        {
            if (check.Status == HealthStatus.Error)
                wrong.Add(check.Subject.Length > 0 ? $"{check.Subject}: {check.Message}" : check.Message);
        }

        return wrong;
    }
}
