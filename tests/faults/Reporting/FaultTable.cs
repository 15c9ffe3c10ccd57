using System.Globalization;
using Spectre.Console;

namespace HostSwap.Faults.Reporting;

/// <summary>Shows the report to a person.</summary>
internal static class FaultTable
{
    /// <summary>Prints the table and the verdict.</summary>
    public static void Print(FaultReport report)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in new[] { "case", "", "runs", "lost", "double", "unresolved", "recovery" })
            table.AddColumn(new TableColumn(column).PadLeft(0).PadRight(1));
        foreach (var row in report.Rows.Where(static row => row.SeenTo is null))
        {
            table.AddRow(new[]
            {
                Number(row.Case),
                row.Name,
                Number(row.Runs),
                Number(row.VmsLost),
                Number(row.DoubleRuns),
                Number(row.Unresolved),
                row.RecoverySecondsMean?.ToString("0.0 s", CultureInfo.InvariantCulture) ?? "–",
            }.Select(static cell => new Text(cell)));
        }

        AnsiConsole.Write(table);
        foreach (var row in report.Rows.Where(static row => row.SeenTo is not null))
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]{row.Case,2}  {row.Name}: {row.SeenTo}[/]");
        var failures = report.Rows.Sum(static row => row.Failures.Count);
        if (failures == 0)
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[green]pass[/]: {report.Rows.Sum(static row => row.Runs)} runs, killed at {report.KillPoints} journal writes, in {report.Seconds:0} s");
        else
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]fail[/]: the oracle found {failures} faults in {report.Rows.Sum(static row => row.Runs)} runs");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
