using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Probing;
using HostSwap.Lab.Witnessing;

namespace HostSwap.Bench.Measuring;

/// <summary>
/// Pings guests while they are moved. An answer costs an emulated CPU a millisecond, so that pings to sixteen guests at once
/// would be a load that is measured itself: one that has a single QEMU is pinged now and then, one that has two is on its way.
/// </summary>
internal sealed class Blackouts : IAsyncDisposable
{
    /// <summary>Of a guest that is alone: 200 a second.</summary>
    public static readonly TimeSpan Fine = TimeSpan.FromMilliseconds(5);

    /// <summary>Of one among others that is on its way: 100 a second.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMilliseconds(10);

    /// <summary>Of one that is not.</summary>
    private static readonly TimeSpan AtRest = TimeSpan.FromSeconds(1);

    /// <summary>How often it is looked which are; a new QEMU needs several times as long before its guest can execute.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>For how many looks one that has arrived is still watched.</summary>
    private const int Afterwards = 10;

    private static readonly TimeSpan FirstReply = TimeSpan.FromSeconds(20);

    /// <summary>How long it is looked on after a move, in ticks of the guest.</summary>
    private const int LastTicks = 2;

    private readonly IReadOnlyList<(Guest Guest, PingProber Prober)> _probers;

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _looking;

    private Blackouts(IReadOnlyList<(Guest Guest, PingProber Prober)> probers)
    {
        _probers = probers;
        _looking = probers.Count > 1 ? LookAsync() : Task.CompletedTask;
    }

    /// <summary>Begins; every guest has answered when it returns.</summary>
    public static async Task<Blackouts> StartAsync(IReadOnlyList<Guest> guests, CancellationToken cancellationToken)
    {
        var interval = guests.Count > 1 ? AtRest : Fine;
        var blackouts = new Blackouts([.. guests.Select(guest => (guest, PingProber.Start(guest.Address, interval)))]);
        try
        {
            foreach (var (_, prober) in blackouts._probers) await prober.WaitForReplyAsync(FirstReply, cancellationToken);
            foreach (var (_, prober) in blackouts._probers) prober.Reset();
            return blackouts;
        }
        catch
        {
            await blackouts.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends a while after the move, so that a blackout right at its end is seen to its end.</summary>
    public async Task<IReadOnlyDictionary<string, PingReport>> StopAsync(CancellationToken cancellationToken)
    {
        await EndLookingAsync();
        await Task.WhenAll(_probers.Select(prober => OuterHostLab.WaitForTicksAsync(prober.Guest, LastTicks, cancellationToken)));
        var reports = new Dictionary<string, PingReport>(StringComparer.Ordinal);
        foreach (var (guest, prober) in _probers) reports[guest.Name] = await prober.StopAsync();
        return reports;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndLookingAsync();
        foreach (var (_, prober) in _probers) await prober.DisposeAsync();
        _stop.Dispose();
    }

    private async Task EndLookingAsync()
    {
        await _stop.CancelAsync();
        await _looking;
    }

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(Look);
        var left = new Dictionary<Guid, int>();
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                foreach (var vm in QemuProcess.All().GroupBy(static process => process.Uuid))
                    left[vm.Key] = vm.Count() > 1 ? Afterwards : Math.Max(0, left.GetValueOrDefault(vm.Key) - 1);
                foreach (var (guest, prober) in _probers)
                    prober.Interval = left.GetValueOrDefault(guest.Spec.Uuid) > 0 ? OnItsWay : AtRest;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Whoever measures has seen enough.
        }
    }
}
