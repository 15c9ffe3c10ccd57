using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>One <c>key = value</c> of the file under its full name, such as <c>docker.endpoint</c>.</summary>
internal sealed record ConfigurationEntry(string Key, SourcePosition Position, ValueSyntax Value);

/// <summary>First stage: the file's text as a flat list of keys with their places. Knows TOML and no key.</summary>
internal sealed class ConfigurationDocument
{
    private readonly HashSet<int> _brokenLines = [];
    private readonly List<ConfigurationEntry> _entries = [];
    private readonly List<(string Name, SourcePosition Position)> _tables = [];

    private ConfigurationDocument()
    {
    }

    /// <summary>Every readable key, in the file's order.</summary>
    public IReadOnlyList<ConfigurationEntry> Entries => _entries;

    /// <summary>Every table that is opened by a header or an inline table.</summary>
    public IReadOnlyList<(string Name, SourcePosition Position)> Tables => _tables;

    /// <summary>
    /// Line of the first syntax error, or <see cref="int.MaxValue"/>: after it, a key may have been read into the
    /// wrong table, so that nothing should be said about its name.
    /// </summary>
    public int FirstBrokenLine { get; private set; } = int.MaxValue;

    /// <summary>Parses the text; syntax errors and duplicates are added to <paramref name="problems"/>.</summary>
    public static ConfigurationDocument Parse(string file, string text, ConfigurationProblems problems)
    {
        // Tomlyn 2.10 throws at a backslash that is the last character of the text.
        text += "\n";
        var document = new ConfigurationDocument();
        try
        {
            document.Read(file, text, problems);
        }
        catch (TomlException exception)
        {
            // Thrown instead of a diagnostic where lists or tables are nested too deeply.
            problems.Add(file, new SourcePosition(exception.Line ?? 1, exception.Column ?? 1), "", exception.Message);
        }

        return document;
    }

    /// <summary>The place of a node, from 1.</summary>
    public static SourcePosition PositionOf(SourceSpan span) => new(span.Start.Line + 1, span.Start.Column + 1);

    private void Read(string file, string text, ConfigurationProblems problems)
    {
        var syntax = SyntaxParser.Parse(text, file, validate: false);
        AddSyntaxErrors(file, syntax, problems);
        if (FirstBrokenLine == int.MaxValue)
        {
            // Duplicate keys and tables are told by a second pass, which a broken tree would mislead.
            foreach (var diagnostic in SyntaxParser.Parse(text, file, validate: true).Diagnostics)
                problems.Add(file, PositionOf(diagnostic.Span), "", diagnostic.Message);
        }

        AddKeyValues("", syntax.KeyValues);
        foreach (var table in syntax.Tables)
        {
            if (table.Name is null)
                continue;
            var name = NameOf(table.Name);
            var position = PositionOf(table.Name.Span);
            if (table is TableArraySyntax)
                problems.Add(file, position, name, $"is an array of tables; write it as [{name}]");
            _tables.Add((name, position));
            AddKeyValues(name + ".", table.Items);
        }
    }

    private void AddSyntaxErrors(string file, DocumentSyntax syntax, ConfigurationProblems problems)
    {
        foreach (var diagnostic in syntax.Diagnostics.Where(diagnostic => diagnostic.Kind == DiagnosticMessageKind.Error))
        {
            var position = PositionOf(diagnostic.Span);
            // What the parser says next about the same line is a consequence of the first.
            if (_brokenLines.Add(position.Line))
                problems.Add(file, position, "", diagnostic.Message);
            FirstBrokenLine = Math.Min(FirstBrokenLine, position.Line);
        }
    }

    private void AddKeyValues(string prefix, IEnumerable<KeyValueSyntax> items)
    {
        foreach (var item in items)
        {
            if (item.Key is null || item.Value is null || _brokenLines.Contains(PositionOf(item.Key.Span).Line))
                continue;
            var name = prefix + NameOf(item.Key);
            var position = PositionOf(item.Key.Span);
            if (item.Value is InlineTableSyntax table)
            {
                _tables.Add((name, position));
                AddKeyValues(name + ".", table.Items.Select(element => element.KeyValue).OfType<KeyValueSyntax>());
            }
            else
            {
                _entries.Add(new ConfigurationEntry(name, position, item.Value));
            }
        }
    }

    private static string NameOf(KeySyntax key)
    {
        var name = PartOf(key.Key);
        foreach (var item in key.DotKeys)
            name += "." + PartOf(item.Key);
        return name;
    }

    private static string PartOf(BareKeyOrStringValueSyntax? part) => part switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        // A quoted part may hold a dot; it must not pass for two parts.
        StringValueSyntax text when text.Value?.Contains('.', StringComparison.Ordinal) == true => $"\"{text.Value}\"",
        StringValueSyntax text => text.Value ?? "",
        _ => "",
    };
}
