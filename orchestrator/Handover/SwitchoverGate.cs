namespace HostSwap.Orchestrator.Handover;

/// <summary>
/// Lets one handover at a time through its switchover, while its guest stands still: several at once would share the cores,
/// and each of their guests would stand still for longer. QEMUs start, and everything else is done, side by side.
/// </summary>
public sealed class SwitchoverGate : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>One handover's turn, which it has yet to wait for.</summary>
    internal SwitchoverTurn Turn() => new(_one);

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();
}

/// <summary>One handover's turn.</summary>
internal sealed class SwitchoverTurn(SemaphoreSlim one)
{
    /// <summary>
    /// A switchover takes tenths of a second. One that hangs holds up no other for good: after this they overlap. It is less
    /// than what the hook waits, which the wait is a part of.
    /// </summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private bool _has;
    private bool _isOver;

    /// <summary>Waits for it.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (!await one.WaitAsync(Limit, cancellationToken))
            return;
        lock (_lock)
        {
            _has = !_isOver;
            if (_isOver) one.Release(); // It failed while it waited.
        }
    }

    /// <summary>Ends it; may be told again.</summary>
    public void End()
    {
        lock (_lock)
        {
            if (_has) one.Release();
            (_has, _isOver) = (false, true);
        }
    }
}
