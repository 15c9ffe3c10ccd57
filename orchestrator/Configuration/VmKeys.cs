namespace HostSwap.Orchestrator.Configuration;

/// <summary>The keys of <c>[vm."NAME"]</c>: a table for each VM of which something is said, under its name.</summary>
internal static class VmKeys
{
    public const string Policy = "policy";
    public const string Priority = "priority";
    public const string Group = "group";

    private const string Table = "vm";

    /// <summary>The keys with the form of their values.</summary>
    private static readonly IReadOnlyDictionary<string, ValueKind> Kinds = new Dictionary<string, ValueKind>(StringComparer.Ordinal)
    {
        [Policy] = ValueKind.Text,
        [Priority] = ValueKind.Integer,
        [Group] = ValueKind.Text,
    };

    /// <summary>What is allowed, for error messages.</summary>
    public static string Allowed => $"allowed are {string.Join(", ", Kinds.Keys)}";

    /// <summary>The full key of a VM.</summary>
    public static string Of(string vm, string key) => $"{Table}.{vm}.{key}";

    /// <summary>Whether this is <c>vm</c> itself, or the table of one VM.</summary>
    public static bool IsTable(string name) => string.Equals(name, Table, StringComparison.Ordinal) || VmOf(name) is not null;

    /// <summary>Whether a full key lies in the table of one VM, known or not.</summary>
    public static bool IsWithin(string key) => VmOf(KnownKeys.TableOf(key)) is not null;

    /// <summary>The form of a full key's value; null where it is no key of a VM.</summary>
    public static ValueKind? KindOf(string key) =>
        IsWithin(key) && Kinds.TryGetValue(key[(key.LastIndexOf('.') + 1)..], out var kind) ? kind : null;

    /// <summary>
    /// The VM whose table this is, as it stands in full keys; null where it is none. A name with a dot stands in quotes
    /// there, as <see cref="ConfigurationDocument"/> writes it.
    /// </summary>
    public static string? VmOf(string table)
    {
        if (!table.StartsWith($"{Table}.", StringComparison.Ordinal))
            return null;
        var name = table[(Table.Length + 1)..];
        return name.Length > 0 && (IsQuoted(name) || !name.Contains('.', StringComparison.Ordinal)) ? name : null;
    }

    /// <summary>A VM's own name.</summary>
    public static string NameOf(string vm) => IsQuoted(vm) && vm.Contains('.', StringComparison.Ordinal) ? vm[1..^1] : vm;

    private static bool IsQuoted(string name) => name.Length > 2 && name[0] == '"' && name[^1] == '"';
}
