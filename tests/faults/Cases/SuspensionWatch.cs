using HostSwap.Faults.Worlds;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// Catches a guest in the moment between its suspension and its arrival, which is short: libvirt's events are listened to
/// from before the swap on, and one of them shows that they are heard.
/// </summary>
internal sealed class SuspensionWatch : IAsyncDisposable
{
    /// <summary>In milliseconds, and more than the guest's transfer needs: QEMU suspends it at once and sends all that is left.</summary>
    private const string LongDowntime = "120000";

    private readonly FaultRun _run;
    private readonly Generation _source;
    private readonly Guest _guest;
    private readonly RunningProcess _events;

    /// <summary>Begins to listen. To be called before the swap.</summary>
    public SuspensionWatch(FaultRun run, Generation source, Guest guest)
    {
        (_run, _source, _guest) = (run, source, guest);
        _events = new RunningProcess(
            "docker", ["exec", source.Container, "stdbuf", "-oL", "virsh", "event", "--domain", guest.Uuid, "--all", "--loop", "--timeout", "120"]);
    }

    /// <summary>
    /// The source's guest has been suspended for the last part of its transfer, and the QEMU that takes it in is held, so that the
    /// part does not arrive before it is let go or ended. Until then the source's QEMU answers nobody: it sends that part under the
    /// lock that its monitor needs. To be called in mid-transfer.
    /// </summary>
    /// <returns>The QEMU that is held.</returns>
    public async Task<int> HoldAsync()
    {
        var waiting = await Moments.QemuAsync(_run, await Moments.CandidateAsync(_run), _guest);
        await HeardAsync("migration-iteration", $"the transfer of {_guest.Name}");
        await _source.VirshAsync(["migrate-setmaxdowntime", _guest.Uuid, LongDowntime], _run.Token);
        await HeardAsync("Suspended", $"{_guest.Name} to be suspended");
        Native.Send(waiting, Signal.Stop);
        return waiting;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _events.DisposeAsync();

    private Task HeardAsync(string word, string awaited) =>
        _events.WaitForLineAsync(awaited, line => line.Contains(word, StringComparison.Ordinal), Moments.Limit, _run.Token);
}
