using System.Globalization;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>Sizes as people write them: a whole number and one of the units <c>KiB</c>, <c>MiB</c>, <c>GiB</c> and <c>TiB</c>.</summary>
public static class SizeText
{
    private static readonly (string Name, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

    /// <summary>Reads a size.</summary>
    /// <param name="text">The text, as in <c>512MiB</c>.</param>
    /// <param name="bytes">The size in bytes.</param>
    /// <returns>False where the text is none, or is more than 2⁶² bytes.</returns>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var unit = Array.Find(Units, unit => text.EndsWith(unit.Name, StringComparison.Ordinal));
        if (unit.Name is null
            || !long.TryParse(text.AsSpan(0, text.Length - unit.Name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count > (1L << 62) >> unit.Shift)
            return false;
        bytes = count << unit.Shift;
        return true;
    }

    /// <summary>Writes a size in the largest unit that leaves it whole; <c>B</c> where none does.</summary>
    public static string Format(long bytes)
    {
        var unit = Array.FindLast(Units, unit => bytes != 0 && bytes % (1L << unit.Shift) == 0);
        return unit.Name is null
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes}B")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes >> unit.Shift}{unit.Name}");
    }

    /// <summary>Writes a size for people, who need no more than MiB.</summary>
    public static string Rounded(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB");
}
