using System.Globalization;

namespace HostSwap.Hostctl.Rendering;

/// <summary>Numbers for people.</summary>
internal static class Format
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>A size, as in <c>1.5 GiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (Math.Abs(value) >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var digits = unit > 0 && Math.Abs(value) < 9.95 ? "0.0" : "0";
        return string.Create(CultureInfo.InvariantCulture, $"{value.ToString(digits, CultureInfo.InvariantCulture)} {Units[unit]}");
    }

    /// <summary>A rate, as in <c>512 MiB/s</c>.</summary>
    public static string Rate(long bytesPerSecond) => $"{Bytes(bytesPerSecond)}/s";

    /// <summary>How old something is, as in <c>12 days</c> or <c>3 h</c>.</summary>
    public static string Age(TimeSpan age) => age.TotalDays switch
    {
        >= 2 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(age.TotalDays):0} days"),
        _ when age.TotalHours >= 1 => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(age.TotalHours):0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, Math.Floor(age.TotalMinutes)):0} min"),
    };

    /// <summary>A duration, as in <c>51 ms</c>, <c>1.9 s</c> or <c>2 min 03 s</c>.</summary>
    public static string Duration(TimeSpan duration) => duration.TotalSeconds switch
    {
        < 0 => "0 ms",
        < 0.9995 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0} ms"),
        < 59.95 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0} s"),
        < 3599.5 => string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalMinutes} min {duration.Seconds:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)duration.TotalHours} h {duration.Minutes:00} min"),
    };

    /// <summary>A share, as in <c>45 %</c>.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(share * 100):0} %");

    /// <summary>A moment in local time, as in <c>2026-11-03 04:05:06</c>.</summary>
    public static string Moment(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>The clock of a moment in local time, as in <c>04:05:06</c>.</summary>
    public static string Clock(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A number with its noun, as in <c>1 VM</c> or <c>3 VMs</c>.</summary>
    public static string Count(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    /// <summary>The first twelve digits of a digest, which is what Docker shows.</summary>
    public static string Digest(string digest)
    {
        var digits = digest.StartsWith("sha256:", StringComparison.Ordinal) ? digest["sha256:".Length..] : digest;
        return digits.Length > 12 ? digits[..12] : digits;
    }
}
