using System.Globalization;

namespace HostSwap.Hostctl.Commands;

/// <summary>A point in time as operators write it.</summary>
internal static class PointInTime
{
    /// <summary>What is allowed, for error messages.</summary>
    public const string Allowed = "\"2026-12-24\", \"2026-12-24 18:30\" or \"2026-12-24T18:30+01:00\"";

    private static readonly string[] Local = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss"];

    private static readonly string[] WithOffset = ["yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd HH:mmzzz", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'"];

    /// <summary>Reads one; without an offset it is a time of the operator's zone, which must have it.</summary>
    public static bool TryParse(string text, TimeZoneInfo zone, out DateTimeOffset point)
    {
        if (DateTimeOffset.TryParseExact(text, WithOffset, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out point))
            return true;
        if (!DateTime.TryParseExact(text, Local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) || zone.IsInvalidTime(local))
            return false;
        // Of an hour that is there twice, the later: a hold that ends too late is seen, one that ends too early is not.
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Min() : zone.GetUtcOffset(local);
        point = new DateTimeOffset(local, offset);
        return true;
    }
}
