using System.Globalization;
using System.Text;

namespace HostSwap.Orchestrator.DBus;

/// <summary>Addresses in the D-Bus specification's syntax.</summary>
internal static class BusAddress
{
    /// <summary>The longest path that fits a <c>sockaddr_un</c> with its closing NUL (unix(7)), in bytes.</summary>
    public const int LongestSocketPath = 107;

    /// <summary>The address of a UNIX socket.</summary>
    /// <exception cref="IOException">The path is too long for a socket.</exception>
    public static string OfSocket(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length > LongestSocketPath)
            throw new IOException($"the path has {bytes.Length} bytes, and a socket's has at most {LongestSocketPath}");
        var address = new StringBuilder("unix:path=");
        foreach (var b in bytes)
        {
            if (char.IsAsciiLetterOrDigit((char)b) || "-_/.\\".Contains((char)b, StringComparison.Ordinal))
                address.Append((char)b);
            else
                address.Append(CultureInfo.InvariantCulture, $"%{b:x2}");
        }

        return address.ToString();
    }
}
