using System.Text.Json;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Carrying;

/// <summary>
/// The addresses that guests of a libvirt network have from its dnsmasq. libvirt's helper keeps them in a file that is named
/// after the network's bridge, and tells dnsmasq of them when that starts (leaseshelper's <c>init</c>): one that starts without
/// it would give them to others. Errors are <see cref="IOException"/>.
/// </summary>
internal sealed class DhcpLeases(GenerationPaths from, GenerationPaths to, TimeProvider time)
{
    /// <summary>libvirt's directory below its <c>/var/lib/libvirt</c>.</summary>
    private const string Directory = "dnsmasq";

    private const string Kind = "leases";

    /// <summary>libvirt reads no larger one (<c>VIR_NETWORK_DHCP_LEASE_FILE_SIZE_MAX</c>).</summary>
    private const int Limit = 32 << 20;

    /// <summary>The file of a network, by its definition; null where it gives out no addresses.</summary>
    public static string? FileOf(string definition)
    {
        var network = DomainXmlReader.Parse(definition);
        return network.Elements("ip").Any(static address => address.Element("dhcp") is not null) && network.Element("bridge")?.Attribute("name")?.Value is { Length: > 0 } bridge
            ? $"{bridge}.status"
            : null;
    }

    /// <summary>Those that are still good where the guests come from, and of which the other side knows nothing.</summary>
    public IReadOnlyList<string> Lacking(string file) => [.. Read(from, file).Except(Read(to, file), StringComparer.Ordinal)];

    /// <summary>Has the other side's dnsmasq, which must not be running, know of them when it starts.</summary>
    /// <returns>What was carried, in words.</returns>
    public string Carry(string file)
    {
        using var here = Open(from);
        if (here?.Look(file) is null)
            return "no addresses are given out";
        // What is none of libvirt's is not given to the other one.
        var leases = Read(from, file);
        using var there = Open(to) ?? throw new IOException($"{Path.Join(to.LibvirtState, Directory)} is not there, which libvirt makes");
        using var arriving = HeldDirectory.Ensure(Path.Join(to.Arriving, Kind));
        arriving.Remove(file);
        FileTree.Copy(here, file, arriving, file, CancellationToken.None);
        arriving.Rename(file, there, file);
        there.Sync();
        if (Lacking(file) is [_, ..] lacking)
            throw new IOException($"{Path.Join(there.Path, file)} lacks {string.Join(", ", lacking)} after it was copied");
        return $"{leases.Count} addresses that are given out: {string.Join(", ", leases)}";
    }

    private static HeldDirectory? Open(GenerationPaths generation) => HeldDirectory.TryOpen(generation.LibvirtState, Directory);

    private IReadOnlyList<string> Read(GenerationPaths generation, string file)
    {
        using var directory = Open(generation);
        using var handle = directory?.OpenToRead(file);
        if (handle is null)
            return [];
        if (RandomAccess.GetLength(handle) is var length && length > Limit)
            throw new IOException($"{Path.Join(directory!.Path, file)} has {length} bytes");
        using var stream = new FileStream(handle, FileAccess.Read);
        try
        {
            // With the last lease libvirt leaves an empty file.
            if (length == 0)
                return [];
            using var document = JsonDocument.Parse(stream);
            return [.. document.RootElement.EnumerateArray().Where(IsGood).Select(static lease => $"{Text(lease, "ip-address")} of {Text(lease, "mac-address")}").Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new IOException($"{Path.Join(directory!.Path, file)} is not what libvirt writes: {exception.Message}", exception);
        }
    }

    /// <summary>An expiry of 0 is that of a lease for ever (dnsmasq(8), <c>DNSMASQ_LEASE_EXPIRES</c>).</summary>
    private bool IsGood(JsonElement lease) =>
        !lease.TryGetProperty("expiry-time", out var expiry) || !expiry.TryGetInt64(out var at) || at == 0 || at > time.GetUtcNow().ToUnixTimeSeconds();

    private static string Text(JsonElement lease, string name) => lease.TryGetProperty(name, out var value) ? value.ToString() : "?";
}
