using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Probing;

namespace HostSwap.Bench.Measuring;

/// <summary>Pings guests while they are moved.</summary>
internal sealed class Blackouts : IAsyncDisposable
{
    /// <summary>Of a guest that is alone: 200 a second.</summary>
    public static readonly TimeSpan Fine = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan FirstReply = TimeSpan.FromSeconds(20);

    /// <summary>How long it is looked on after a move, in ticks of the guest.</summary>
    private const int LastTicks = 2;

    private readonly IReadOnlyList<(Guest Guest, PingProber Prober)> _probers;

    private Blackouts(IReadOnlyList<(Guest Guest, PingProber Prober)> probers) => _probers = probers;

    /// <summary>Begins; every guest has answered when it returns.</summary>
    public static async Task<Blackouts> StartAsync(IReadOnlyList<Guest> guests, TimeSpan interval, CancellationToken cancellationToken)
    {
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
        await Task.WhenAll(_probers.Select(prober => OuterHostLab.WaitForTicksAsync(prober.Guest, LastTicks, cancellationToken)));
        var reports = new Dictionary<string, PingReport>(StringComparer.Ordinal);
        foreach (var (guest, prober) in _probers) reports[guest.Name] = await prober.StopAsync();
        return reports;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var (_, prober) in _probers) await prober.DisposeAsync();
    }
}
