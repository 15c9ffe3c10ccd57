using System.Globalization;

namespace HostSwap.Orchestrator.Configuration;

/// <content>The memory mount.</content>
internal sealed partial class SettingsValidator
{
    private const string Automatic = "auto";
    private const string SizeAllowed = "a size such as \"48GiB\", or a part such as \"90%\", is";

    // A guest of less RAM than this is none; more than a machine has is told when the mount is made.
    private const long LeastMemory = 64L << 20;
    private const long MostMemory = 64L << 40;

    // The smallest and largest huge pages of any architecture (arm64, powerpc).
    private const long LeastPage = 64L << 10;
    private const long MostPage = 16L << 30;

    private MemorySettings Memory()
    {
        var defaults = SettingsDefaults.Memory;
        var backing = Choice(KnownKeys.MemoryBacking, defaults.Backing, ("tmpfs", MemoryBacking.Tmpfs), ("hugetlbfs", MemoryBacking.Hugetlbfs));
        var advice = Choice(
            KnownKeys.MemoryHugePages,
            defaults.Advice,
            ("never", HugePageAdvice.Never),
            ("advise", HugePageAdvice.Advise),
            ("within_size", HugePageAdvice.WithinSize),
            ("always", HugePageAdvice.Always));
        var page = PageSize();
        if (backing == MemoryBacking.Hugetlbfs && raw.Find<string>(KnownKeys.MemoryHugePages) is { } needless)
            Report(needless, "is for memory.backing \"tmpfs\"; with \"hugetlbfs\" every page is a huge one, so leave it out");
        if (backing == MemoryBacking.Tmpfs && page is not null && raw.Find<string>(KnownKeys.MemoryPageSize) is { } pages)
            Report(pages, $"is for memory.backing \"hugetlbfs\"; leave it out, or write \"{Automatic}\"");
        return new MemorySettings(Size(defaults.Size), backing, page, advice);
    }

    private MemorySize Size(MemorySize otherwise)
    {
        if (raw.Find<string>(KnownKeys.MemorySize) is not { } located)
            return otherwise;
        var text = located.Value;
        if (text.EndsWith('%') && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent))
        {
            if (percent is >= 1 and <= 100)
                return MemorySize.OfPercent(percent);
            Report(located, $"\"{text}\" is out of range; 1% to 100% is allowed");
        }
        else if (!SizeText.TryParse(text, out var bytes))
        {
            Report(located, $"\"{text}\" is not allowed; {SizeAllowed}");
        }
        else if (bytes is < LeastMemory or > MostMemory)
        {
            Report(located, $"\"{text}\" is out of range; {SizeText.Format(LeastMemory)} to {SizeText.Format(MostMemory)} is allowed");
        }
        else
        {
            return MemorySize.OfBytes(bytes);
        }

        return otherwise;
    }

    private long? PageSize()
    {
        if (raw.Find<string>(KnownKeys.MemoryPageSize) is not { } located || string.Equals(located.Value, Automatic, StringComparison.Ordinal))
            return null;
        if (SizeText.TryParse(located.Value, out var bytes) && bytes is >= LeastPage and <= MostPage && long.IsPow2(bytes))
            return bytes;
        Report(located, $"\"{located.Value}\" is no size of a huge page; one such as \"2MiB\" or \"1GiB\", or \"{Automatic}\", is");
        return null;
    }

    private T Choice<T>(string key, T otherwise, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (raw.Find<string>(key) is not { } located)
            return otherwise;
        List<string> words = [];
        foreach (var (word, value) in choices)
        {
            if (string.Equals(located.Value, word, StringComparison.Ordinal))
                return value;
            words.Add($"\"{word}\"");
        }

        Report(located, $"\"{located.Value}\" is not allowed; {string.Join(", ", words)} are");
        return otherwise;
    }
}
