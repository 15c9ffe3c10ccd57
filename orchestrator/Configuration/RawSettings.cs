using Tomlyn.Syntax;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>A value with its place in the file.</summary>
internal sealed record Located<T>(string Key, SourcePosition Position, T Value);

/// <summary>
/// Second stage: the known keys with values of the right type, whatever those say. Keys of the wrong type are
/// reported and then count as absent.
/// </summary>
internal sealed class RawSettings
{
    private readonly Dictionary<string, Located<object>> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SourcePosition> _tables = new(StringComparer.Ordinal);

    /// <summary>Sorts the document's entries by key; unknown names and wrong types become problems.</summary>
    public static RawSettings From(string file, ConfigurationDocument document, ConfigurationProblems problems)
    {
        var raw = new RawSettings();
        ReportUnknownTables(file, document, problems);
        foreach (var (name, position) in document.Tables.Concat(document.Entries.Select(static entry => (KnownKeys.TableOf(entry.Key), entry.Position))))
            raw._tables.TryAdd(name, position);
        foreach (var entry in document.Entries)
        {
            if (KindOf(entry.Key) is not { } kind)
                ReportUnknownKey(file, document, entry, problems);
            else if (Convert(file, entry, kind, problems) is { } value)
                raw._values.TryAdd(entry.Key, new Located<object>(entry.Key, entry.Position, value));
        }

        return raw;
    }

    /// <summary>The value of a key, where it is there and a <typeparamref name="T"/>.</summary>
    public Located<T>? Find<T>(string key) =>
        _values.TryGetValue(key, out var found) && found.Value is T value ? new Located<T>(key, found.Position, value) : null;

    /// <summary>The things that have a table of a kind, as they stand in full keys.</summary>
    public IReadOnlyList<string> NamesIn(NamedTable table) => [.. _tables.Keys.Select(table.NameIn).OfType<string>()];

    /// <summary>The place of a thing's table.</summary>
    public Located<string> PlaceOf(NamedTable table, string name)
    {
        var (full, position) = _tables.First(pair => string.Equals(table.NameIn(pair.Key), name, StringComparison.Ordinal));
        return new Located<string>(full, position, name);
    }

    private static ValueKind? KindOf(string key) =>
        KnownKeys.Kinds.TryGetValue(key, out var kind) ? kind : KnownKeys.NamedTables.Select(table => table.KindOf(key)).FirstOrDefault(static found => found is not null);

    private static void ReportUnknownTables(string file, ConfigurationDocument document, ConfigurationProblems problems)
    {
        foreach (var (name, position) in document.Tables)
        {
            if (position.Line > document.FirstBrokenLine || KnownKeys.Tables.Contains(name, StringComparer.Ordinal) || KnownKeys.NamedTables.Any(table => table.IsTable(name)))
                continue;
            problems.Add(file, position, name, KnownKeys.Kinds.ContainsKey(name)
                ? "is a key and not a table"
                : $"is not a table of the configuration; {KnownKeys.SuggestTable(name)}");
        }
    }

    private static void ReportUnknownKey(
        string file, ConfigurationDocument document, ConfigurationEntry entry, ConfigurationProblems problems)
    {
        if (entry.Position.Line <= document.FirstBrokenLine && KnownKeys.NamedTables.FirstOrDefault(named => named.IsWithin(entry.Key)) is { } within)
        {
            problems.Add(file, entry.Position, entry.Key, $"is not a key of a {within.What}; {within.Allowed}");
            return;
        }

        var table = KnownKeys.TableOf(entry.Key);
        // A table that is unknown itself has been reported by its header.
        var reported = table.Length > 0
            && !KnownKeys.Tables.Contains(table, StringComparer.Ordinal)
            && document.Tables.Any(header => string.Equals(header.Name, table, StringComparison.Ordinal));
        if (reported || entry.Position.Line > document.FirstBrokenLine)
            return;
        problems.Add(file, entry.Position, entry.Key, KnownKeys.Tables.Contains(entry.Key, StringComparer.Ordinal)
            ? $"is a table and takes no value of its own; write [{entry.Key}]"
            : $"is not a key of the configuration; {KnownKeys.SuggestKey(entry.Key)}");
    }

    private static object? Convert(string file, ConfigurationEntry entry, ValueKind kind, ConfigurationProblems problems)
    {
        switch (kind, entry.Value)
        {
            case (ValueKind.Text or ValueKind.IntegerOrWord, StringValueSyntax text):
                return text.Value ?? "";
            case (ValueKind.Integer or ValueKind.IntegerOrWord, IntegerValueSyntax number):
                return number.Value;
            case (ValueKind.Flag, BooleanValueSyntax flag):
                return flag.Value;
            case (ValueKind.TextList, ArraySyntax list):
                return ConvertList(file, entry.Key, list, problems);
            default:
                problems.Add(file, entry.Position, entry.Key, $"is {Describe(entry.Value)}; {Describe(kind)} is needed");
                return null;
        }
    }

    private static List<Located<string>> ConvertList(string file, string key, ArraySyntax list, ConfigurationProblems problems)
    {
        var values = new List<Located<string>>();
        foreach (var value in list.Items.Select(item => item.Value))
        {
            if (value is StringValueSyntax text)
                values.Add(new Located<string>(key, ConfigurationDocument.PositionOf(text.Span), text.Value ?? ""));
            else if (value is not null)
                problems.Add(file, ConfigurationDocument.PositionOf(value.Span), key, $"holds {Describe(value)}; only texts are allowed");
        }

        return values;
    }

    private static string Describe(ValueSyntax value) => value switch
    {
        StringValueSyntax => "a text",
        IntegerValueSyntax => "a whole number",
        FloatValueSyntax => "a number with a fraction",
        BooleanValueSyntax => "true or false",
        ArraySyntax => "a list",
        DateTimeValueSyntax => "a date or time",
        _ => "something else",
    };

    private static string Describe(ValueKind kind) => kind switch
    {
        ValueKind.Text => "a text in quotes",
        ValueKind.Integer => "a whole number",
        ValueKind.IntegerOrWord => "a whole number or a word in quotes",
        ValueKind.Flag => "true or false",
        _ => "a list of texts",
    };
}
