using System.Globalization;
using System.Text;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>
/// Durations as people write them: whole numbers with the units <c>d</c>, <c>h</c>, <c>m</c>, <c>s</c> and <c>ms</c>,
/// largest first and each at most once, as in <c>1h30m</c>.
/// </summary>
public static class DurationText
{
    /// <summary>What is accepted, to be shown after an error.</summary>
    public const string Allowed = "a duration such as \"90s\", \"5m\", \"1h30m\" or \"7d\"";

    private static readonly (string Name, long Ticks)[] Units =
    [
        ("d", TimeSpan.TicksPerDay),
        ("h", TimeSpan.TicksPerHour),
        ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond),
        ("ms", TimeSpan.TicksPerMillisecond),
    ];

    /// <summary>Reads a duration.</summary>
    /// <returns>False where the text is none, or is longer than a <see cref="TimeSpan"/> can be.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.AsSpan();
        var nextUnit = 0;
        Int128 ticks = 0;
        if (rest.IsEmpty)
            return false;

        while (!rest.IsEmpty)
        {
            var digits = Span(rest, char.IsAsciiDigit);
            var letters = Span(rest[digits..], char.IsAsciiLetterLower);
            var unit = IndexOfUnit(rest.Slice(digits, letters), nextUnit);
            if (unit < 0 || !long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                return false;

            ticks += (Int128)count * Units[unit].Ticks;
            nextUnit = unit + 1;
            rest = rest[(digits + letters)..];
        }

        if (ticks > TimeSpan.MaxValue.Ticks)
            return false;

        duration = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>Writes a duration so that <see cref="TryParse"/> reads it back; parts below a millisecond are dropped.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public static string Format(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        var text = new StringBuilder();
        var rest = duration.Ticks;
        foreach (var (name, ticks) in Units)
        {
            if (rest >= ticks)
                text.Append(CultureInfo.InvariantCulture, $"{rest / ticks}{name}");
            rest %= ticks;
        }

        return text.Length == 0 ? "0s" : text.ToString();
    }

    private static int Span(ReadOnlySpan<char> text, Func<char, bool> belongs)
    {
        var length = 0;
        while (length < text.Length && belongs(text[length]))
            length++;
        return length;
    }

    private static int IndexOfUnit(ReadOnlySpan<char> name, int from)
    {
        for (var index = from; index < Units.Length; index++)
        {
            if (name.SequenceEqual(Units[index].Name))
                return index;
        }

        return -1;
    }
}
