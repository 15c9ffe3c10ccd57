using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>Where something stands in a configuration file; both from 1, as editors count.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SourcePosition(int Line, int Column);

/// <summary>Collects everything that is wrong, so that one run tells it all.</summary>
internal sealed class ConfigurationProblems
{
    private const int MaximumTextLength = 300;
    private readonly List<(SourcePosition Position, string Text)> _problems = [];

    /// <summary>A problem at a place of the file.</summary>
    public void Add(string file, SourcePosition position, string key, string wrong) => AddLine(
        position,
        key.Length == 0
            ? $"{file}:{position.Line}:{position.Column}: {wrong}"
            : $"{file}:{position.Line}:{position.Column}: {key}: {wrong}");

    /// <summary>A problem with an environment variable, or with the file as a whole.</summary>
    public void Add(string subject, string wrong) => AddLine(default, $"{subject}: {wrong}");

    /// <summary>Whether nothing was found.</summary>
    public bool None => _problems.Count == 0;

    /// <exception cref="UsageException">Anything was found; one line for each problem, in the file's order.</exception>
    public void ThrowIfAny()
    {
        if (None)
            return;
        var lines = _problems
            .OrderBy(problem => problem.Position.Line)
            .ThenBy(problem => problem.Position.Column)
            .Select(problem => problem.Text)
            .Distinct(StringComparer.Ordinal);
        throw new UsageException(
            string.Join('\n', lines),
            "Correct the configuration: the hostswap.toml that comes with hostctl explains every key.");
    }

    private void AddLine(SourcePosition position, string text)
    {
        // Values come from the file: a control character must neither break the one-line form nor reach a terminal.
        var clean = string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
        _problems.Add((position, clean.Length <= MaximumTextLength ? clean : clean[..MaximumTextLength] + "…"));
    }
}
