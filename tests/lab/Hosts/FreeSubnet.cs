using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Buffers.Binary;

namespace HostSwap.Lab.Hosts;

/// <summary>A private /24 for a lab's Docker network: containers in its first quarter, guests from .100 up.</summary>
/// <param name="Prefix">The first three bytes, as in <c>10.213.7</c>.</param>
public sealed record FreeSubnet(string Prefix)
{
    /// <summary>Length of the prefix.</summary>
    public const int PrefixLength = 24;

    private const int FirstGuest = 100;
    private const int LastGuest = 250;

    /// <summary>The subnet.</summary>
    public string Cidr => $"{Prefix}.0/24";

    /// <summary>The part of which Docker may give addresses to containers.</summary>
    public string ContainerRange => $"{Prefix}.0/26";

    /// <summary>The outer host's own address, which Docker gives to the bridge.</summary>
    public IPAddress Gateway => IPAddress.Parse($"{Prefix}.1");

    /// <summary>The address of the guest with that number, from 0.</summary>
    public IPAddress Guest(int number) => number <= LastGuest - FirstGuest
        ? IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"{Prefix}.{FirstGuest + number}"))
        : throw new LabException("the lab's subnet has no address left");

    /// <summary>Finds one that neither a route nor a Docker network overlaps.</summary>
    public static async Task<FreeSubnet> FindAsync(CancellationToken cancellationToken)
    {
        List<IPNetwork> taken = [.. await RoutesAsync(cancellationToken), .. await DockerNetworksAsync(cancellationToken)];
        var first = Random.Shared.Next(256 * 64);
        for (var offset = 0; offset < 256 * 64; offset++)
        {
            var number = (first + offset) % (256 * 64);
            var prefix = string.Create(CultureInfo.InvariantCulture, $"10.{192 + (number / 256)}.{number % 256}");
            var candidate = IPNetwork.Parse($"{prefix}.0/24");
            if (!taken.Exists(network => Overlap(network, candidate))) return new FreeSubnet(prefix);
        }

        throw new LabException("no private subnet is free");
    }

    private static bool Overlap(IPNetwork one, IPNetwork other) => one.Contains(other.BaseAddress) || other.Contains(one.BaseAddress);

    private static async Task<List<IPNetwork>> RoutesAsync(CancellationToken cancellationToken)
    {
        List<IPNetwork> routes = [];
        foreach (var line in (await File.ReadAllLinesAsync("/proc/net/route", cancellationToken)).Skip(1))
        {
            var fields = line.Split('\t');
            var mask = Reversed(fields[7]);
            var length = System.Numerics.BitOperations.PopCount(mask);
            // The default route covers everything and forbids nothing.
            if (length > 0) routes.Add(new IPNetwork(ToAddress(Reversed(fields[1]) & mask), length));
        }

        return routes;
    }

    private static async Task<List<IPNetwork>> DockerNetworksAsync(CancellationToken cancellationToken)
    {
        var ids = DockerCli.Lines(await DockerCli.RunAsync(["network", "ls", "--quiet"], cancellationToken));
        var subnets =
            from network in await DockerCli.InspectAsync(ids, cancellationToken)
            let config = network.GetProperty("IPAM").GetProperty("Config")
            where config.ValueKind is JsonValueKind.Array
            from item in config.EnumerateArray()
            select item.TryGetProperty("Subnet", out var subnet) ? subnet.GetString() : null;
        return [.. subnets.OfType<string>().Where(static text => text.Contains('.', StringComparison.Ordinal)).Select(IPNetwork.Parse)];
    }

    private static uint Reversed(string hexadecimal) =>
        BinaryPrimitives.ReverseEndianness(uint.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static IPAddress ToAddress(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new IPAddress(bytes);
    }
}
