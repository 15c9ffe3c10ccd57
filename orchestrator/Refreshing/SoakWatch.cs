using System.Text.RegularExpressions;
using HostSwap.Orchestrator.Generations;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>Watches the host for a while after a swap, by what <c>hostctl verify</c> looks at.</summary>
/// <param name="host">The outer host.</param>
/// <param name="time">The clock.</param>
/// <param name="before">What was wrong before the swap already, by <see cref="LookAsync"/>: that is no fault of the new generation.</param>
/// <param name="active">The new generation's number: one that has been left is not watched.</param>
internal sealed partial class SoakWatch(IOuterHost host, TimeProvider time, IReadOnlyList<HealthCheck> before, int active)
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
            if ((await NewlyWrongAsync(stop)).Count > 0)
            {
                await Task.Delay(Again, time, stop);
                if (await NewlyWrongAsync(stop) is { Count: > 0 } wrong)
                    return wrong;
            }

            var left = end - time.GetUtcNow();
            if (left <= TimeSpan.Zero)
                return [];
            await Task.Delay(left < Interval ? left : Interval, time, stop);
        }
    }

    /// <summary>What is wrong now.</summary>
    public static async Task<IReadOnlyList<HealthCheck>> LookAsync(IOuterHost host, CancellationToken stop)
    {
        var wrong = new List<HealthCheck>();
        await foreach (var check in host.VerifyAsync(stop))
        {
            if (check.Status == HealthStatus.Error)
                wrong.Add(check);
        }

        return wrong;
    }

    private async Task<IReadOnlyList<string>> NewlyWrongAsync(CancellationToken stop) =>
    [
        .. (await LookAsync(host, stop))
            .Where(check => !before.Any(earlier => (earlier.Name, earlier.Subject) == (check.Name, check.Subject)) && !IsOfAnother(check.Subject))
            .Select(static check => check.Subject.Length > 0 ? $"{check.Subject}: {check.Message}" : check.Message),
    ];

    private bool IsOfAnother(string subject) => GenerationName().IsMatch(subject) && !string.Equals(subject, Generation.NameOf(active), StringComparison.Ordinal);

    [GeneratedRegex("^gen-[0-9]+$", RegexOptions.None, 1000)]
    private static partial Regex GenerationName();
}
