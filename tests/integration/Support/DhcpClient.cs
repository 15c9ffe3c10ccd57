using System.Net;
using System.Text.RegularExpressions;
using HostSwap.Lab.Guests;
using Shouldly;

namespace HostSwap.IntegrationTests.Support;

/// <summary>A guest's second card, <c>eth1</c>, as a client of libvirt's dnsmasq.</summary>
internal static partial class DhcpClient
{
    /// <summary>Asks for an address, and does not use it: nobody finds it taken by pinging it.</summary>
    /// <param name="guest">The guest, which runs its shell's server (<c>hs.http</c>).</param>
    /// <param name="wanted">The address that it would like; null for any.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<string> AskAsync(Guest guest, string? wanted, CancellationToken cancellationToken)
    {
        var request = wanted is null ? "" : $"-r {IPAddress.Parse(wanted)}";
        var said = await GuestShell.RunAsync(guest.Address, $"ip link set eth1 up; udhcpc -i eth1 -n -q -t 10 -T 1 -s /bin/true {request} 2>&1", cancellationToken);
        var obtained = Obtained().Match(said);
        obtained.Success.ShouldBeTrue(said);
        return obtained.Groups["address"].Value;
    }

    [GeneratedRegex(@"lease of (?<address>[0-9.]+) obtained", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Obtained();
}
