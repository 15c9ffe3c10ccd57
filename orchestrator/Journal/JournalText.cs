using System.Globalization;

namespace HostSwap.Orchestrator.Journal;

/// <summary>The text form of what SQLite has no type for.</summary>
internal static class JournalText
{
    // Fixed width and UTC, so that times sort as text.
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    public static string Of<T>(T value)
        where T : struct, Enum =>
        Enum.GetName(value) ?? throw new ArgumentOutOfRangeException(nameof(value), value, "It has no name.");

    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <exception cref="JournalException">The text is no time.</exception>
    public static DateTimeOffset Time(string file, string text) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw JournalFaults.Unreadable(file, $"\"{text}\" is no time");

    /// <exception cref="JournalException">The text is no value of the enumeration.</exception>
    public static T Value<T>(string file, string text)
        where T : struct, Enum =>
        // A number would pass for any value.
        Enum.TryParse<T>(text, ignoreCase: false, out var value) && string.Equals(Enum.GetName(value), text, StringComparison.Ordinal)
            ? value
            : throw JournalFaults.Unreadable(file, $"\"{text}\" is no {typeof(T).Name}");

    /// <exception cref="JournalException">The text is no UUID.</exception>
    public static Guid Uuid(string file, string text) =>
        Guid.TryParseExact(text, "D", out var uuid) ? uuid : throw JournalFaults.Unreadable(file, $"\"{text}\" is no UUID");
}
