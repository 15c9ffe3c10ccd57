using HostSwap.Orchestrator;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace HostSwap.Hostctl.Rendering;

/// <summary>Checks of <c>doctor</c> and <c>verify</c> for people.</summary>
internal static class ChecksText
{
    /// <summary>Writes every check, and the sum.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<HealthCheck> checks)
    {
        var withSubjects = checks.Any(check => check.Subject.Length > 0);
        var table = withSubjects ? Layout.Table("Of", "Check", "Status", "Seen", "Fix") : Layout.Table("Check", "Status", "Seen", "Fix");
        foreach (var check in checks)
        {
            IEnumerable<IRenderable> row =
            [
                Layout.Name(check.Name),
                Layout.Cell(Words.Of(check.Status), ToneOf(check.Status)),
                Layout.Cell(check.Message),
                Layout.Cell(check.Fix),
            ];
            table.AddRow(withSubjects ? row.Prepend(Layout.Name(check.Subject)) : row);
        }

        if (checks.Count > 0) console.Show(table);
        var errors = checks.Count(check => check.Status == HealthStatus.Error);
        var warnings = checks.Count(check => check.Status == HealthStatus.Warning);
        console.Line(
            $"{Format.Count(checks.Count, "check")}: {Format.Count(errors, "error")}, {Format.Count(warnings, "warning")}.",
            ToneOf(errors > 0 ? HealthStatus.Error : warnings > 0 ? HealthStatus.Warning : HealthStatus.Ok));
    }

    private static Tone ToneOf(HealthStatus status) => status switch
    {
        HealthStatus.Ok => Tone.Good,
        HealthStatus.Warning => Tone.Doubtful,
        _ => Tone.Bad,
    };
}
