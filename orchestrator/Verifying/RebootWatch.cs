using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Verifying;

/// <summary>
/// Listens on both sides of a move whether the guest reboots of its own will: its boot id changes then, and nothing is
/// wrong. Ends when it is disposed of.
/// </summary>
internal sealed class RebootWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _listening;
    private volatile bool _heard;

    public RebootWatch(Guid uuid, params IReadOnlyList<ILibvirtDomains> sides) =>
        _listening = Task.WhenAll(sides.Select(side => ListenAsync(side, uuid)));

    /// <summary>Whether it has rebooted since.</summary>
    public bool Heard => _heard;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listening;
        _stop.Dispose();
    }

    private async Task ListenAsync(ILibvirtDomains side, Guid uuid)
    {
        try
        {
            await side.WaitForRebootAsync(uuid, _stop.Token);
            _heard = true;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Nobody listens any more.
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            // One side's bus ended: a reboot there stays unknown, and a changed boot id is called an error, as it should
            // be where its reason is not known.
        }
    }
}
