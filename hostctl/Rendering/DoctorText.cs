using HostSwap.Orchestrator;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary><c>doctor</c> for people.</summary>
internal static class DoctorText
{
    /// <summary>Writes every check, and the sum.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<HealthCheck> checks)
    {
        var table = Layout.Table("Check", "Status", "Seen", "Fix");
        foreach (var check in checks)
        {
            table.AddRow(
                Layout.Name(check.Name),
                Layout.Cell(Words.Of(check.Status), ToneOf(check.Status)),
                Layout.Cell(check.Message),
                Layout.Cell(check.Fix));
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
