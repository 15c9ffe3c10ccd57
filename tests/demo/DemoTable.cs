using System.Globalization;
using Spectre.Console;

namespace HostSwap.Demo;

/// <summary>Shows the report to a person.</summary>
internal static class DemoTable
{
    /// <summary>Prints table, witness and verdict.</summary>
    public static void Print(DemoReport report)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in new[] { "VM", "state", "method", "moved", "QEMU downtime", "blackout", "pings lost", "same boot", "counter ran on", "disk owner" })
            table.AddColumn(column);
        foreach (var vm in report.Vms)
        {
            table.AddRow(new[]
            {
                vm.Name,
                string.Equals(vm.StateBefore, vm.StateAfter, StringComparison.Ordinal) ? vm.StateAfter : $"{vm.StateBefore} → {vm.StateAfter}",
                vm.Method,
                Format(vm.TransferredBytes / 1048576.0, "0.0 MiB"),
                Format(vm.QemuDowntimeMs, "0 ms"),
                Format(vm.BlackoutMs, "0 ms"),
                vm.PingsSent is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{vm.PingsLost} of {vm.PingsSent}"),
                Answer(vm.SameBoot),
                vm.TicksAfter is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{Answer(vm.CounterContinuous)}, {vm.TicksBefore} → {vm.TicksAfter}"),
                vm.DiskOwnerAfter ?? "–",
            }.Select(static cell => new Text(cell)));
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"witness: {report.Witness.Samples} looks, at most {report.Witness.LongestGapMs:0} ms apart; {report.Witness.VmsSeenTwice} VMs had two QEMU processes, {report.Witness.DoubleRuns} ran in both");
        foreach (var failure in report.Failures) AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]failed:[/] {failure}");
        if (report.Failures.Count == 0)
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[green]pass[/]: swapped in {report.SwapSeconds:0.0} s, no running VM silent for more than {report.MaxBlackoutMs:0} ms");
        else
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]fail[/]: {report.Failures.Count} proofs do not hold");
    }

    private static string Format(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    private static string Answer(bool? answer) => answer switch { true => "yes", false => "NO", null => "–" };
}
