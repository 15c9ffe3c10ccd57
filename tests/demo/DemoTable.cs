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
        // Narrow enough for a terminal of 80 columns; the report has everything.
        foreach (var column in new[] { "VM", "state", "method", "moved", "QEMU", "blackout", "lost", "boot", "counter" })
            table.AddColumn(new TableColumn(column).NoWrap().PadLeft(0).PadRight(1));
        foreach (var vm in report.Vms)
        {
            table.AddRow(new[]
            {
                vm.Name,
                string.Equals(vm.StateBefore, vm.StateAfter, StringComparison.Ordinal) ? vm.StateAfter : $"{vm.StateBefore} → {vm.StateAfter}",
                vm.Method,
                Format(vm.TransferredBytes / 1048576.0, "0 MiB"),
                Format(vm.QemuDowntimeMs, "0 ms"),
                Format(vm.BlackoutMs, "0 ms"),
                vm.PingsSent is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{vm.PingsLost}/{vm.PingsSent}"),
                vm.SameBoot switch { true => "same", false => "OTHER", null => "–" },
                vm.TicksAfter is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{vm.TicksBefore}{(vm.CounterContinuous is true ? "→" : " BROKEN ")}{vm.TicksAfter}"),
            }.Select(static cell => new Text(cell)));
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLine("[grey]QEMU: its own measure of the downtime; blackout: longest silence at 50 pings/s[/]");
        AnsiConsole.MarkupLine("[grey]boot, counter: the guest's boot id and ticks, without gap or repetition[/]");
        AnsiConsole.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"witness: {report.Witness.Samples} looks; {report.Witness.VmsSeenTwice} VMs had two QEMUs, {report.Witness.DoubleRuns} ran in both");
        foreach (var failure in report.Failures) AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]failed:[/] {failure}");
        if (report.Failures.Count == 0)
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[green]pass[/]: swapped in {report.SwapSeconds:0.0} s, no running VM silent for more than {report.MaxBlackoutMs:0} ms");
        else
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]fail[/]: {report.Failures.Count} proofs do not hold");
    }

    private static string Format(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";
}
