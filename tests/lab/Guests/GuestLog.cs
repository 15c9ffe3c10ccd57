using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace HostSwap.Lab.Guests;

/// <summary>One tick of a guest's counter.</summary>
/// <param name="Number">The counter.</param>
/// <param name="BootId">The guest kernel's own boot id: another one means that the guest was started anew.</param>
/// <param name="Disk">How often it has written to its disk, or 0.</param>
public sealed record Tick(long Number, string BootId, long Disk);

/// <summary>What a guest's console shows of its life.</summary>
/// <param name="Ticks">Every tick in order of the log.</param>
/// <param name="BootIds">The different boot ids, in order.</param>
/// <param name="TornTicks">Ticks that were put together from the two pieces of a line torn at the switch.</param>
/// <param name="Problems">Everything that is wrong; empty where the guest lived on undisturbed.</param>
public sealed record GuestLife(
    IReadOnlyList<Tick> Ticks, IReadOnlyList<string> BootIds, int TornTicks, IReadOnlyList<string> Problems)
{
    /// <summary>Whether the counter ran on by one each time, in one boot and without errors of disk or network.</summary>
    public bool IsContinuous => Problems.Count == 0;
}

/// <summary>
/// A guest's serial console, as virtlogd wrote it. Around a switch two virtlogds append to the same file, that of the
/// source and that of the destination, and neither waits for the other; so the line during which the guest was
/// switched may stand in two pieces, with the destination's first. Such a line is accepted only when it is provably
/// torn: exactly one tick is missing, the pieces found between its neighbours are exactly two, and putting
/// them together in one of both orders gives that very tick in full, with the boot id of its neighbours. Anything else (a lost tick,
/// a repeated one, a piece left over) is a problem, since the guest's device state moves with it and loses no letter.
/// </summary>
public sealed partial class GuestLog
{
    private static readonly string[] ErrorMarks = ["disk-error", "net-error", "memory-error", "Kernel panic", "I/O error"];

    private readonly string[] _lines;
    private readonly bool _endsInLine;

    private GuestLog(string text)
    {
        _lines = text.Replace("\r", "", StringComparison.Ordinal).Split('\n');
        // The last item is what stands after the last line's end: a line that is being written right now.
        _endsInLine = _lines[^1].Length > 0;
    }

    /// <summary>Reads a console's log; an absent file is an empty one.</summary>
    public static GuestLog Read(string path)
    {
        if (!File.Exists(path)) return new GuestLog("");
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding.UTF8);
        return new GuestLog(reader.ReadToEnd());
    }

    /// <summary>Takes a console's text as it is.</summary>
    public static GuestLog Parse(string text) => new(text);

    /// <summary>The newest whole tick; null where there is none yet.</summary>
    public Tick? LastTick => WholeLines().Reverse().Select(TryTick).FirstOrDefault(static tick => tick is not null);

    /// <summary>The console's last lines, for messages.</summary>
    public string Tail(int lines = 15) => string.Join('\n', _lines.TakeLast(lines));

    /// <summary>Judges the whole log.</summary>
    public GuestLife Judge()
    {
        List<Tick> ticks = [];
        List<string> pieces = [];
        List<string> problems = [];
        var torn = 0;
        foreach (var line in WholeLines())
        {
            problems.AddRange(ErrorMarks.Where(mark => line.Contains(mark, StringComparison.Ordinal)).Select(_ => $"the guest says: {line}"));
            if (TryTick(line) is not { } tick)
            {
                if (IsPiece(line, ticks.Count > 0)) pieces.Add(line);
                continue;
            }

            if (ticks.Count > 0) torn += Follow(ticks, tick, pieces, problems);
            pieces.Clear();
            ticks.Add(tick);
        }

        string[] boots = [.. ticks.Select(static tick => tick.BootId).Distinct(StringComparer.Ordinal)];
        if (ticks.Count == 0) problems.Add("the guest has printed no tick");
        if (boots.Length > 1) problems.Add($"the guest was booted {boots.Length} times");
        return new GuestLife(ticks, boots, torn, problems);
    }

    /// <summary>Checks a tick against the one before it; returns how many torn ticks were mended in between.</summary>
    private static int Follow(List<Tick> ticks, Tick tick, List<string> pieces, List<string> problems)
    {
        var last = ticks[^1];
        if (tick.Number == last.Number + 1 && pieces.Count == 0) return 0;
        if (tick.Number == last.Number + 2 && Mend(last, pieces) is { } mended)
        {
            ticks.Add(mended);
            return 1;
        }

        var between = pieces.Count == 0 ? "" : $", with these pieces between: {string.Join(" | ", pieces)}";
        problems.Add(string.Create(CultureInfo.InvariantCulture, $"tick {last.Number} is followed by tick {tick.Number}{between}"));
        return 0;
    }

    private static Tick? Mend(Tick last, List<string> pieces)
    {
        if (pieces.Count != 2) return null;
        return new[] { pieces[0] + pieces[1], pieces[1] + pieces[0] }
            .Select(TryTick)
            .FirstOrDefault(tick => tick is not null && tick.Number == last.Number + 1
                && string.Equals(tick.BootId, last.BootId, StringComparison.Ordinal));
    }

    /// <summary>
    /// Whether a line that is no tick is a part of one: after the first tick everything is, but for what the guest
    /// prints on purpose (a word and a colon or blank, as in <c>status: …</c>).
    /// </summary>
    private static bool IsPiece(string line, bool afterFirstTick) =>
        afterFirstTick && line.Length > 0 && !Remark().IsMatch(line);

    /// <summary>
    /// The lines that are finished. A head that the source's virtlogd wrote late has no line's end, so the destination's next
    /// tick stands right behind it: they are taken apart.
    /// </summary>
    private IEnumerable<string> WholeLines()
    {
        foreach (var line in _endsInLine ? _lines.SkipLast(1) : _lines)
        {
            var second = line.LastIndexOf("tick ", StringComparison.Ordinal);
            if (second > 0 && line.StartsWith('t')) yield return line[..second];
            yield return second > 0 && line.StartsWith('t') ? line[second..] : line;
        }
    }

    private static Tick? TryTick(string line)
    {
        var match = TickLine().Match(line);
        return match.Success
            ? new Tick(
                long.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture),
                match.Groups["boot"].Value,
                long.Parse(match.Groups["disk"].ValueSpan, CultureInfo.InvariantCulture))
            : null;
    }

    [GeneratedRegex(@"^tick (?<number>[0-9]{1,18}) boot=(?<boot>[0-9a-f-]{8,36}) disk=(?<disk>[0-9]{1,18})$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex TickLine();

    [GeneratedRegex(@"^(status |disk-error |net-error |memory-error |bye$|\[ *[0-9]+\.[0-9]+\])", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Remark();
}
