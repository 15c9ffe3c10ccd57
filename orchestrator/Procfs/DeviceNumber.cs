using System.Globalization;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>A device's number in one word, major above minor, so that all sources of it can be compared.</summary>
internal static class DeviceNumber
{
    /// <summary>From its parts.</summary>
    public static ulong Of(uint major, uint minor) => ((ulong)major << 32) | minor;

    /// <summary>From the kernel's text <c>fe:00</c>, in hexadecimal.</summary>
    public static ulong Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return Of(Part(text[..colon]), Part(text[(colon + 1)..]));
    }

    /// <summary>From the text <c>254:0</c>, in decimal, of <c>/proc/PID/mountinfo</c> and sysfs; null where it is none.</summary>
    public static ulong? ParseDecimal(string text) =>
        text.Split(':') is [var major, var minor]
        && uint.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var above)
        && uint.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var below)
            ? Of(above, below)
            : null;

    private static uint Part(string digits) => uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
