using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Fleet;

/// <summary>
/// A slot whose lease is kept alive. For how long it is, is reckoned from before each question, by this machine's own clock: etcd
/// begins to count after that, so it cannot have ended by then. (The clock is the monotonic one, which stands still while the
/// machine sleeps; one that runs virtual machines does not.)
/// </summary>
internal sealed class EtcdSlot : IFleetSlot
{
    /// <summary>The part of a lease after which it is asked for again; twice it may fail.</summary>
    private const double AskedAfter = 1.0 / 3;

    /// <summary>The part of a lease before whose end the slot counts as lost: for clocks that run apart, and for an orderly end.</summary>
    private const double Margin = 1.0 / 5;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly EtcdConnection _connection;
    private readonly long _lease;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _keeping;
    private int _disposed;

    /// <summary>Begins to keep it.</summary>
    /// <param name="connection">Asks etcd; it belongs to the slot from now on.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="asked">The timestamp before the lease was asked for.</param>
    /// <param name="granted">For how long it was given.</param>
    /// <param name="description">The slot in words.</param>
    /// <param name="time">The clock.</param>
    public EtcdSlot(EtcdConnection connection, long lease, long asked, TimeSpan granted, string description, TimeProvider time)
    {
        _connection = connection;
        _lease = lease;
        _time = time;
        Description = description;
        _lost = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        Lost = _lost.Token;
        Prove(asked, granted);
        _keeping = KeepAsync(granted);
    }

    /// <inheritdoc/>
    public CancellationToken Lost { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public string? NotReleased { get; private set; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _end.CancelAsync();
        await _keeping;
        try
        {
            await _connection.RevokeAsync(_lease, CancellationToken.None);
        }
        catch (EnvironmentException exception)
        {
            // One that was lost may have ended already, which etcd says in the same way.
            if (!Lost.IsCancellationRequested)
                NotReleased = $"{Description} is given back by itself only when its lease ends: {exception.Message}";
        }

        _connection.Dispose();
        _end.Dispose();
        _lost.Dispose();
    }

    /// <summary>Moves the moment at which the slot counts as lost. One that is lost stays lost.</summary>
    private void Prove(long asked, TimeSpan granted)
    {
        var left = granted * (1 - Margin) - _time.GetElapsedTime(asked);
        _lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private async Task KeepAsync(TimeSpan granted)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, Lost);
        try
        {
            var pause = granted * AskedAfter;
            while (true)
            {
                await Task.Delay(pause, _time, either.Token);
                var asked = _time.GetTimestamp();
                try
                {
                    var seconds = await _connection.KeepAliveAsync(_lease, granted * AskedAfter, either.Token);
                    if (seconds <= 0)
                    {
                        // It has ended, or somebody has ended it.
                        await _lost.CancelAsync();
                        return;
                    }

                    Prove(asked, TimeSpan.FromSeconds(seconds));
                    pause = TimeSpan.FromSeconds(seconds) * AskedAfter;
                }
                catch (EnvironmentException)
                {
                    // Asked again until it is lost, which the clock sees to.
                    pause = Pause;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Given back, or lost.
        }
    }
}
