namespace HostSwap.Orchestrator.Configuration;

/// <summary>Tables of one kind, one for each thing of which something is said, under its name: <c>[vm."NAME"]</c>.</summary>
/// <param name="table">The kind.</param>
/// <param name="what">One of its things in words.</param>
/// <param name="kinds">The keys of each such table, with the form of their values.</param>
internal sealed class NamedTable(string table, string what, IReadOnlyDictionary<string, ValueKind> kinds)
{
    /// <summary>One of its things in words.</summary>
    public string What => what;

    /// <summary>What is allowed, for error messages.</summary>
    public string Allowed => $"allowed are {string.Join(", ", kinds.Keys)}";

    /// <summary>The full key of a thing, whose name is as it stands in full keys.</summary>
    public string Of(string name, string key) => $"{table}.{name}.{key}";

    /// <summary>Whether this is the kind itself, or the table of one thing.</summary>
    public bool IsTable(string name) => string.Equals(name, table, StringComparison.Ordinal) || NameIn(name) is not null;

    /// <summary>Whether a full key lies in the table of one thing, known or not.</summary>
    public bool IsWithin(string key) => NameIn(KnownKeys.TableOf(key)) is not null;

    /// <summary>The form of a full key's value; null where it is no key of such a table.</summary>
    public ValueKind? KindOf(string key) =>
        IsWithin(key) && kinds.TryGetValue(key[(key.LastIndexOf('.') + 1)..], out var kind) ? kind : null;

    /// <summary>
    /// The thing whose table this is, as it stands in full keys; null where it is none. A name with a dot stands in quotes
    /// there, as <see cref="ConfigurationDocument"/> writes it.
    /// </summary>
    public string? NameIn(string name)
    {
        if (!name.StartsWith($"{table}.", StringComparison.Ordinal))
            return null;
        var inner = name[(table.Length + 1)..];
        return inner.Length > 0 && (IsQuoted(inner) || !inner.Contains('.', StringComparison.Ordinal)) ? inner : null;
    }

    /// <summary>A thing's own name.</summary>
    public static string NameOf(string inner) => IsQuoted(inner) && inner.Contains('.', StringComparison.Ordinal) ? inner[1..^1] : inner;

    private static bool IsQuoted(string name) => name.Length > 2 && name[0] == '"' && name[^1] == '"';
}
