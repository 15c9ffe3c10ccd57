using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Listens on both sides for what others do to VMs during a crossing: they define, start, stop and remove them as they
/// like. What appears is found by looking again; but of what is gone only the event says that somebody wanted it so.
/// </summary>
public sealed class ForeignChanges : IAsyncDisposable
{
    /// <summary>libvirt's <c>VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN</c> and <c>…_DESTROYED</c>.</summary>
    private static readonly IReadOnlyList<int> StoppedByWill = [0, 1];

    /// <summary>An event may come after the look that found the VM gone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, string> _gone = [];
    private readonly HashSet<Guid> _ours = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly Action<string> _notice;
    private readonly IReadOnlyList<Task> _listening;

    private ForeignChanges(SwapSide source, SwapSide target, TimeProvider time, Action<string> notice)
    {
        (_time, _notice) = (time, notice);
        _listening = [ListenAsync(source), ListenAsync(target)];
    }

    /// <summary>Begins to listen on both sides.</summary>
    public static ForeignChanges Watch(SwapSide source, SwapSide target, TimeProvider time, Action<string> notice) => new(source, target, time, notice);

    /// <summary>From now on it is this crossing that removes this VM's definition from the old side.</summary>
    public void IsBeingMoved(Guid uuid)
    {
        lock (_lock)
            _ours.Add(uuid);
    }

    /// <summary>Why a VM that neither side has any more is gone by somebody's will; null where nothing was seen that says so.</summary>
    public async Task<string?> WhyGoneAsync(Guid uuid)
    {
        var began = _time.GetTimestamp();
        for (; ; )
        {
            lock (_lock)
            {
                if (_gone.TryGetValue(uuid, out var why))
                    return why;
            }

            if (_time.GetElapsedTime(began) > Patience)
                return null;
            await Task.Delay(Interval, _time);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_listening);
        _stop.Dispose();
    }

    private async Task ListenAsync(SwapSide side)
    {
        try
        {
            await foreach (var change in side.Libvirt.Domains.WatchLifecycleAsync(_stop.Token))
                Note(side.Generation.Name, change);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The crossing is over.
        }
        catch (HostSwapException exception)
        {
            // Events are hints: without them a VM that others remove is reported lost instead of removed.
            _notice($"what others do to VMs in {side.Generation.Name} is not noticed any more: {exception.Message}");
        }
    }

    private void Note(string generation, DomainLifecycleEvent change)
    {
        lock (_lock)
        {
            switch (change.Event)
            {
                case DomainEvent.Stopped when StoppedByWill.Contains(change.Detail):
                    _gone[change.Uuid] = $"it was shut off in {generation}, and had no definition that would have stayed";
                    break;
                case DomainEvent.Undefined when !_ours.Contains(change.Uuid):
                    _gone[change.Uuid] = $"somebody removed its definition in {generation}";
                    break;
                case DomainEvent.Stopped or DomainEvent.Started or DomainEvent.Defined or DomainEvent.Crashed:
                    _gone.Remove(change.Uuid);
                    break;
            }
        }
    }
}
