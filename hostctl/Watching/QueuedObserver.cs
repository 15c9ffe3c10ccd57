using System.Threading.Channels;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Watching;

/// <summary>
/// Hands events on to slower observers by a queue and a single task. An observer must return at once, but a write to
/// a terminal or a pipe whose reader stands still may block for ever, and a VM in the middle of its move must not
/// wait for that.
/// </summary>
internal sealed class QueuedObserver : ISwapObserver, IAsyncDisposable
{
    private readonly Channel<Item> _queue =
        Channel.CreateUnbounded<Item>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Task _pump;

    /// <summary>Begins to hand on.</summary>
    public QueuedObserver(params IReadOnlyList<ISwapObserver> observers) => _pump = Task.Run(() => PumpAsync(observers));

    /// <inheritdoc/>
    public void OnEvent(SwapEvent swapEvent) => _ = _queue.Writer.TryWrite(new Item(swapEvent, null));

    /// <summary>Waits until everything that came so far has been handed on.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_queue.Writer.TryWrite(new Item(null, flushed))) await flushed.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Waits until everything has been handed on.</summary>
    /// <exception cref="IOException">An observer could not write; it got no further events.</exception>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _pump;
    }

    private async Task PumpAsync(IReadOnlyList<ISwapObserver> observers)
    {
        var failures = new Dictionary<ISwapObserver, IOException>();
        await foreach (var item in _queue.Reader.ReadAllAsync())
        {
            if (item.Event is { } swapEvent)
            {
                foreach (var observer in observers) HandOn(swapEvent, observer, failures);
            }

            item.Flushed?.SetResult();
        }

        if (failures.Values.FirstOrDefault() is { } first)
            throw new IOException($"the events of the swap could not be shown: {first.Message}", first);
    }

    private static void HandOn(SwapEvent swapEvent, ISwapObserver observer, Dictionary<ISwapObserver, IOException> failures)
    {
        if (failures.ContainsKey(observer)) return;
        try
        {
            observer.OnEvent(swapEvent);
        }
        catch (IOException e)
        {
            // A closed pipe or a full disk stops this observer only: the others still want to know.
            failures.Add(observer, e);
        }
    }

    private readonly record struct Item(SwapEvent? Event, TaskCompletionSource? Flushed);
}
