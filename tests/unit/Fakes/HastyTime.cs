namespace HostSwap.UnitTests.Fakes;

/// <summary>A clock on which waiting passes fifty times as fast, for deadlines that are met in vain.</summary>
internal sealed class HastyTime : TimeProvider
{
    private const int Haste = 50;

    public override long GetTimestamp() => base.GetTimestamp() * Haste;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / Haste : dueTime, period);
}
