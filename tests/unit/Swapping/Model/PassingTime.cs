namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>
/// A clock on which every wait is over at once. It has taken as long as it should, or a second where that is
/// longer: a limit of 30 s that is looked at every 50 ms would cost more than everything else.
/// </summary>
internal sealed class PassingTime : TimeProvider
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(_ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime >= TimeSpan.Zero)
        {
            _ticks += Math.Max(dueTime.Ticks, Shortest.Ticks);
            callback(state);
        }

        return new Elapsed();
    }

    private sealed class Elapsed : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
