using System.Runtime.CompilerServices;
using HostSwap.Orchestrator.DBus;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>
/// Streams the domains' lifecycle events. libvirt-dbus registers for libvirt's events only when it opens its
/// connection, and opens that only when some call needs it: after its own start and after every restart of libvirtd
/// it is deaf until called. So it is called every second. What happens while libvirtd or libvirt-dbus is down is not
/// told later: events are hints to look, not a record.
/// </summary>
internal sealed class LifecycleWatch(LibvirtCalls calls, TimeProvider time)
{
    /// <summary>At most this long are events missed after a restart of libvirtd.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Streams until cancelled; fails with <see cref="AdapterException"/> when the bus goes away.</summary>
    public async IAsyncEnumerable<DomainLifecycleEvent> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var match = new BusMatch(calls.Service.Name, LibvirtPaths.Root, "org.libvirt.Connect", "DomainEvent");
        await using var events = await calls.Service.SubscribeAsync(match, cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await ListenAsync(cancellationToken);
        var keeper = KeepListeningAsync(stop.Token);
        try
        {
            await foreach (var signal in calls.Service.ReadAllAsync(events, cancellationToken))
                yield return Read(signal);
        }
        finally
        {
            await stop.CancelAsync();
            await keeper.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private DomainLifecycleEvent Read(BusSignal signal)
    {
        try
        {
            return new DomainLifecycleEvent(
                LibvirtCalls.Uuid(signal[0].AsString()), (DomainEvent)signal[1].AsInt32(), signal[2].AsInt32());
        }
        catch (BusFormatException e)
        {
            throw calls.Service.Failure("signal DomainEvent", e);
        }
    }

    /// <summary>Any call that needs libvirtd makes libvirt-dbus connect and register.</summary>
    private Task<long> ListenAsync(CancellationToken cancellationToken) =>
        calls.ConnectPropertyAsync("LibVersion", version => version.ToInt64(), cancellationToken);

    private async Task KeepListeningAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Interval, time, cancellationToken);
            try
            {
                await ListenAsync(cancellationToken);
            }
            // libvirtd is down or hangs. The next round tries again; should the bus itself be gone, the stream says so.
            catch (HostSwapException)
            {
            }
        }
    }
}
