using System.Diagnostics;

namespace HostSwap.Lab;

/// <summary>Waits for conditions that nobody announces, always with a deadline.</summary>
public static class Poll
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks again and again until the answer is not null, and returns it.</summary>
    /// <param name="awaited">What is waited for, to complete the sentence "waited for …".</param>
    /// <param name="limit">How long.</param>
    /// <param name="look">Returns null while it is not so.</param>
    /// <param name="seen">Says what is there instead, for the failure's message.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<T> ForAsync<T>(
        string awaited,
        TimeSpan limit,
        Func<CancellationToken, Task<T?>> look,
        Func<string> seen,
        CancellationToken cancellationToken)
        where T : class
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var found = await look(cancellationToken);
            if (found is not null) return found;
            if (clock.Elapsed > limit)
                throw new LabException($"waited {limit.TotalSeconds:0.#} s for {awaited}; last seen: {seen()}");
            await Task.Delay(Interval, cancellationToken);
        }
    }

    /// <summary>Asks again and again until the answer is true.</summary>
    public static Task UntilAsync(
        string awaited,
        TimeSpan limit,
        Func<CancellationToken, Task<bool>> look,
        Func<string> seen,
        CancellationToken cancellationToken) =>
        ForAsync(awaited, limit, async token => await look(token) ? Found : null, seen, cancellationToken);

    private const string Found = "found";
}
