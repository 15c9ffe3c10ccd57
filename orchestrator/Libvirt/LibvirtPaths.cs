using System.Text;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>
/// Object paths of libvirt-dbus. They carry the object's UUID with underscores for dashes, and a snapshot's name
/// with <c>_xx</c> for every byte that is no ASCII letter or digit (libvirt-dbus <c>src/util.c</c>).
/// </summary>
internal static class LibvirtPaths
{
    /// <summary>libvirt-dbus's object for the system connection of the QEMU driver.</summary>
    public const string Root = "/org/libvirt/QEMU";

    private const int UuidLength = 36;
    private const string SnapshotPrefix = Root + "/domainsnapshot/";

    /// <summary>The path of a domain.</summary>
    public static string OfDomain(Guid uuid) => Of("domain", uuid);

    /// <summary>The path of a secret.</summary>
    public static string OfSecret(Guid uuid) => Of("secret", uuid);

    /// <summary>Reads the UUID at the end of a path of a domain, network, pool, filter or secret.</summary>
    public static bool TryReadUuid(string path, out Guid uuid)
    {
        var last = path[(path.LastIndexOf('/') + 1)..];
        uuid = default;
        return last.Length == UuidLength + 1
            && last[0] == '_'
            && Guid.TryParseExact(last[1..].Replace('_', '-'), "D", out uuid);
    }

    /// <summary>Reads the snapshot's name, which libvirt-dbus tells by no other means but the XML.</summary>
    public static bool TryReadSnapshotName(string path, out string name)
    {
        name = "";
        // After the prefix: an underscore, the domain's UUID, an underscore, the encoded name.
        var begin = SnapshotPrefix.Length + 1 + UuidLength + 1;
        if (!path.StartsWith(SnapshotPrefix, StringComparison.Ordinal) || path.Length <= begin)
            return false;
        var bytes = new List<byte>();
        for (var i = begin; i < path.Length; i++)
        {
            if (path[i] != '_')
                bytes.Add((byte)path[i]);
            else if (i + 2 < path.Length && TryReadHex(path.AsSpan(i + 1, 2), out var value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
                return false;
        }

        name = Encoding.UTF8.GetString([.. bytes]);
        return true;
    }

    private static string Of(string kind, Guid uuid) => $"{Root}/{kind}/_{uuid.ToString("D").Replace('-', '_')}";

    private static bool TryReadHex(ReadOnlySpan<char> digits, out byte value) => byte.TryParse(
        digits,
        System.Globalization.NumberStyles.AllowHexSpecifier,
        System.Globalization.CultureInfo.InvariantCulture,
        out value);
}
