using System.Globalization;
using Cronos;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Orchestrator.Configuration;

internal sealed partial class SettingsValidator
{
    private const string Day = "yyyy-MM-dd";
    private const string DaysAllowed = "a day such as \"2026-12-24\", or the first and the last of several, as in \"2026-12-20..2027-01-06\"";

    private const string StartAllowed =
        "five fields as in crontab(5): minute, hour, day of the month, month, day of the week, as in \"0 2 * * SAT,SUN\" for 02:00 on Saturdays and Sundays";

    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(2);

    private BuildSettings Build() => new(
        Text(KnownKeys.BuildSuite, SuiteFault) ?? SettingsDefaults.BuildSuite,
        Text(KnownKeys.BuildRecipe, HostPath.Fault) ?? SettingsDefaults.BuildRecipe,
        Text(KnownKeys.BuildOverlay, HostPath.Fault) ?? SettingsDefaults.BuildOverlay,
        Duration(KnownKeys.BuildDeadline, SettingsDefaults.BuildDeadline, TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)),
        (int)Integer(KnownKeys.BuildKeep, SettingsDefaults.BuildKeep, 0, 100));

    private RefreshSettings Refresh()
    {
        var strategy = Word(KnownKeys.RefreshStrategy, RefreshWords.Strategies, RefreshStrategy.Manual);
        var windows = raw.NamesIn(RefreshKeys.Windows).Select(Window).OfType<MaintenanceWindow>().ToList();
        if (strategy == RefreshStrategy.Window && raw.NamesIn(RefreshKeys.Windows).Count == 0 && raw.Find<string>(KnownKeys.RefreshStrategy) is { } located)
            Report(located, "has no window; write one, as in [window.\"night\"] with start = \"0 2 * * *\" and duration = \"3h\"");
        var randomDelay = Duration(KnownKeys.RefreshRandomDelay, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(1));
        if (windows.Find(window => window.Duration <= randomDelay) is { } shorter && raw.Find<string>(KnownKeys.RefreshRandomDelay) is { } delay)
            Report(delay, $"is not shorter than the window {shorter.Name}, which could pass before anything begins");
        return new RefreshSettings(
            strategy,
            Zone(),
            randomDelay,
            Duration(KnownKeys.RefreshCheckInterval, SettingsDefaults.RefreshCheckInterval, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
            Word(KnownKeys.RefreshAtWindowEnd, RefreshWords.Ends, EndOfWindow.Stop),
            Duration(KnownKeys.RefreshSoak, SettingsDefaults.RefreshSoak, TimeSpan.Zero, TimeSpan.FromHours(12)),
            Word(KnownKeys.RefreshOnSoakFailure, RefreshWords.SoakFailures, SoakFailure.Report),
            (int?)IntegerOrWord(KnownKeys.RefreshMaximumLoad, "any", 10_000))
        {
            OnFailure = Word(KnownKeys.RefreshOnFailure, RefreshWords.Failures, FailurePolicy.Rollback),
            Urgent = Patterns(),
            Freeze = [.. (raw.Find<List<Located<string>>>(KnownKeys.RefreshFreeze)?.Value ?? []).Select(Frozen).OfType<FrozenDays>()],
            Windows = windows,
            Vetoes = [.. raw.NamesIn(RefreshKeys.Vetoes).Select(Veto).OfType<VetoSource>()],
            Hooks = [.. raw.NamesIn(RefreshKeys.Hooks).Select(Hook).OfType<StageHook>()],
        };
    }

    private static string? SuiteFault(string suite) => suite.Length is > 0 and <= 32 && suite.All(char.IsAsciiLetterLower)
        ? null
        : $"\"{suite}\" is no name of a Debian release; write its code name, such as \"trixie\"";

    private TimeZoneInfo? Zone()
    {
        if (raw.Find<string>(KnownKeys.RefreshTimeZone) is not { Value: not "local" } located)
            return null;
        if (TimeZoneInfo.TryFindSystemTimeZoneById(located.Value, out var zone))
            return zone;
        Report(located, $"\"{located.Value}\" is no time zone that this machine knows; write one such as \"Europe/Berlin\" (package tzdata), or \"local\"");
        return null;
    }

    private MaintenanceWindow? Window(string name)
    {
        var (startKey, lengthKey) = (RefreshKeys.Windows.Of(name, RefreshKeys.Start), RefreshKeys.Windows.Of(name, RefreshKeys.Length));
        if (raw.Find<string>(startKey) is not { } start || raw.Find<string>(lengthKey) is null)
        {
            Report(raw.PlaceOf(RefreshKeys.Windows, name), $"needs {RefreshKeys.Start} and {RefreshKeys.Length}");
            return null;
        }

        var duration = Duration(lengthKey, OneSecond, TimeSpan.FromMinutes(1), LongestWindow);
        if (CronExpression.TryParse(start.Value, CronFormat.Standard, out var begins))
            return new MaintenanceWindow(NamedTable.NameOf(name), start.Value, begins, duration);
        Report(start, $"\"{start.Value}\" is not when a window begins; write {StartAllowed}");
        return null;
    }

    private FrozenDays? Frozen(Located<string> located)
    {
        var parts = located.Value.Split("..");
        if (parts.Length is 1 or 2 && TryDay(parts[0], out var from) && TryDay(parts[^1], out var to) && from <= to)
            return new FrozenDays(from, to);
        Report(located, $"\"{located.Value}\" are no days; write {DaysAllowed}");
        return null;

        static bool TryDay(string text, out DateOnly day) => DateOnly.TryParseExact(text, Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out day);
    }

    private List<string> Patterns()
    {
        var patterns = new List<string>();
        foreach (var located in raw.Find<List<Located<string>>>(KnownKeys.RefreshUrgent)?.Value ?? [])
        {
            // Debian Policy 5.6.7, and what stands for any characters.
            if (located.Value.Length > 0 && located.Value.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '+' or '-' or '.' or '*'))
                patterns.Add(located.Value);
            else
                Report(located, $"\"{located.Value}\" is no name of a package; small letters, digits, '+', '-', '.' and '*' for any of them are allowed");
        }

        return patterns;
    }

    private VetoSource? Veto(string name)
    {
        string Key(string key) => RefreshKeys.Vetoes.Of(name, key);
        var veto = new VetoSource(NamedTable.NameOf(name), Duration(Key(RefreshKeys.Deadline), SettingsDefaults.VetoDeadline, OneSecond, TimeSpan.FromHours(1)))
        {
            Command = Command(Key(RefreshKeys.Command)),
            Unit = Text(Key(RefreshKeys.Unit), UnitFault),
            File = Text(Key(RefreshKeys.File), HostPath.Fault),
        };
        var asked = new[] { RefreshKeys.Command, RefreshKeys.Unit, RefreshKeys.File }.Count(key => raw.Find<object>(Key(key)) is not null);
        if (asked == 1)
            return veto;
        Report(raw.PlaceOf(RefreshKeys.Vetoes, name), $"has {(asked == 0 ? "nothing to ask" : "several questions")}; write one of {RefreshKeys.Command}, {RefreshKeys.Unit} and {RefreshKeys.File}");
        return null;
    }

    private StageHook? Hook(string name)
    {
        string Key(string key) => RefreshKeys.Hooks.Of(name, key);
        var command = Command(Key(RefreshKeys.Command));
        var hook = new StageHook(
            NamedTable.NameOf(name),
            Word(Key(RefreshKeys.When), RefreshWords.Moments, HookMoment.BeforeSwap),
            command,
            Duration(Key(RefreshKeys.Deadline), SettingsDefaults.HookDeadline, OneSecond, TimeSpan.FromDays(1)),
            Word(Key(RefreshKeys.OnFailure), RefreshWords.HookFailures, otherwise: true));
        if (raw.Find<object>(Key(RefreshKeys.Command)) is null || raw.Find<object>(Key(RefreshKeys.When)) is null)
            Report(raw.PlaceOf(RefreshKeys.Hooks, name), $"needs {RefreshKeys.When} and {RefreshKeys.Command}");
        return command.Count > 0 ? hook : null;
    }

    /// <summary>A program by its absolute path: what PATH means is another thing in a shell than under systemd.</summary>
    private IReadOnlyList<string> Command(string key)
    {
        if (raw.Find<List<Located<string>>>(key) is not { } located)
            return [];
        var words = located.Value.Select(static word => word.Value).ToList();
        if (words is not [var program, ..])
            Report(located, "is empty; write the program and its arguments, as in [\"/usr/local/bin/is-idle\", \"--quick\"]");
        else if (!program.StartsWith('/') || program.Any(char.IsControl))
            Report(located, $"\"{program}\" is not an absolute path of a program; no shell looks for it");
        else if (words.Exists(static word => word.Contains('\0', StringComparison.Ordinal)))
            Report(located, "has an argument with a zero byte, which no program can be given");
        else
            return words;
        return [];
    }

    private T Word<T>(string key, IReadOnlyDictionary<string, T> words, T otherwise)
    {
        if (raw.Find<string>(key) is not { } located)
            return otherwise;
        if (words.TryGetValue(located.Value, out var value))
            return value;
        Report(located, $"\"{located.Value}\" is not allowed; {string.Join(", ", words.Keys.SkipLast(1).Select(static word => $"\"{word}\""))} and \"{words.Keys.Last()}\" are");
        return otherwise;
    }
}
