using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;

namespace HostSwap.Demo;

/// <summary>What is known of the guests before the swap, by their names.</summary>
internal sealed record Snapshot(
    IReadOnlyDictionary<string, string> States,
    IReadOnlyDictionary<string, GuestLife> Lives,
    IReadOnlyDictionary<string, FileOwner> Owners)
{
    /// <summary>Looks at all of them.</summary>
    public static async Task<Snapshot> TakeAsync(
        Generation generation, IReadOnlyList<Guest> guests, CancellationToken cancellationToken)
    {
        var states = new Dictionary<string, string>(StringComparer.Ordinal);
        var lives = new Dictionary<string, GuestLife>(StringComparer.Ordinal);
        var owners = new Dictionary<string, FileOwner>(StringComparer.Ordinal);
        foreach (var guest in guests)
        {
            states[guest.Name] = await generation.StateAsync(guest, cancellationToken);
            lives[guest.Name] = guest.ReadLog().Judge();
            if (guest.DiskPath is { } disk) owners[guest.Name] = await FileOwner.OfAsync(disk, cancellationToken);
        }

        return new Snapshot(states, lives, owners);
    }
}
