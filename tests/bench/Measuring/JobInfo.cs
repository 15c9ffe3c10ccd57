using System.Globalization;

namespace HostSwap.Bench.Measuring;

/// <summary>libvirt's own figures of a completed migration.</summary>
/// <param name="Bytes">What QEMU sent.</param>
/// <param name="DowntimeMs">How long the guest stood still; null where libvirt does not say.</param>
internal sealed record JobInfo(long Bytes, double? DowntimeMs)
{
    /// <summary>Reads what <c>virsh domjobinfo --completed --rawstats</c> prints: a line for each field, as in <c>downtime: 51</c>.</summary>
    public static JobInfo Parse(string text)
    {
        var fields = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            if (line.Split(':', 2) is [var name, var value] && long.TryParse(value, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var number))
                fields[name.Trim()] = number;
        }

        return new JobInfo(
            fields.GetValueOrDefault("data_processed"),
            fields.TryGetValue("downtime", out var downtime) || fields.TryGetValue("downtime_net", out downtime) ? downtime : null);
    }
}
