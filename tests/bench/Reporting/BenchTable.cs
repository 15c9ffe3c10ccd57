using System.Globalization;
using Spectre.Console;

namespace HostSwap.Bench.Reporting;

/// <summary>Shows the report to a person.</summary>
internal static class BenchTable
{
    /// <summary>Prints rows, ratios and remarks.</summary>
    public static void Print(BenchReport report)
    {
        // Into a file or pipe there is no terminal to fit into, and nothing may be wrapped away.
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 140;
        Heading(Text($"{report.Pair}, {report.Accelerator}, {report.Processors} cores, {report.MemoryBytes >> 30} GiB; {report.Scale}, {report.Seconds:0} s"));
        Moves("One VM, filled and idle", report.Idle);
        Moves("One VM that dirties memory faster than one stream copies", report.Dirtying);
        Hosts(report);
        Costs(report);
        Ratios(report.Ratios);
        foreach (var remark in report.Remarks) AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]· {remark}[/]");
        foreach (var problem in report.Problems) AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]problem:[/] {problem}");
    }

    /// <summary>Medians over the samples of each size and method; the report has every sample.</summary>
    private static void Moves(string title, IReadOnlyList<MoveRow> rows)
    {
        if (rows.Count == 0) return;
        Heading(title);
        var table = Columns("RAM", "method", "n", "elapsed", "sent", "QEMU downtime", "blackout", "extra memory", "");
        foreach (var group in rows.GroupBy(static row => (row.VmMiB, row.Method)))
        {
            MoveRow[] samples = [.. group];
            Row(
                table,
                Text($"{group.Key.VmMiB} MiB"),
                group.Key.Method,
                Text($"{samples.Length}"),
                Seconds(Statistics.Median(samples.Select(static row => row.ElapsedMs))),
                Bytes(Statistics.Median(samples.Select(static row => (double)row.Bytes))),
                Milliseconds(Statistics.Median(samples.Select(static row => row.QemuDowntimeMs).OfType<double>())),
                Milliseconds(Statistics.Median(samples.Select(static row => row.BlackoutMs))),
                Bytes(Statistics.Median(samples.Select(static row => (double)row.ExtraMemoryBytes))),
                string.Join("; ", samples.Select(static row => row.Note).Where(static note => note.Length > 0).Distinct(StringComparer.Ordinal)));
        }

        AnsiConsole.Write(table);
    }

    private static void Hosts(BenchReport report)
    {
        if (report.Hosts.Count == 0) return;
        Heading(Text($"A whole host: {report.Hosts[0].Vms} VMs of {report.Hosts[0].VmMiB} MiB"));
        var table = Columns("method", "moves", "command", "sent", "MiB/s", "blackout p50", "p95", "max", "QEMU p50", "extra memory");
        foreach (var host in report.Hosts)
        {
            Row(
                table,
                host.Method,
                Seconds(host.TotalMs),
                Seconds(host.CommandMs),
                Bytes(host.Bytes),
                Text($"{host.MiBPerSecond:0}"),
                Milliseconds(host.BlackoutMsP50),
                Milliseconds(host.BlackoutMsP95),
                Milliseconds(host.BlackoutMsMax),
                Milliseconds(host.QemuDowntimeMsP50),
                Bytes(host.PeakExtraMemoryBytes));
        }

        AnsiConsole.Write(table);
    }

    private static void Costs(BenchReport report)
    {
        var swaps = report.Costs.Where(static cost => cost.Kind is "swap").ToList();
        if (swaps.Count > 0)
        {
            Heading("hostctl's own cost (swaps; the report has every run)");
            var table = Columns("run", "VMs", "wall", "in calls", "share", "CPU time", "peak memory");
            foreach (var cost in swaps)
                Row(table, cost.Run, Text($"{cost.Vms}"), Seconds(cost.WallMs), Seconds(cost.InsideMs), Text($"{cost.Share:0.0 %}"), Seconds(cost.CpuMs), Bytes(cost.PeakMemoryBytes));
            AnsiConsole.Write(table);
        }

        foreach (var verb in report.StartUp)
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"hostctl {verb.Verb}: median {Milliseconds(verb.MedianMs)}, at most {Milliseconds(verb.MaxMs)} ({verb.Samples} runs)");
        foreach (var life in report.Lifecycle)
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"candidate started in {Seconds(life.StartMs)}, ready {Seconds(life.ReadyMs)} later; an old generation retired in {Seconds(life.RetireMs)}");
    }

    private static void Ratios(BenchRatios ratios)
    {
        Heading("Ratios");
        var table = Columns("", "").HideHeaders();
        foreach (var property in typeof(BenchRatios).GetProperties())
            Row(table, property.Name, property.GetValue(ratios) is double value ? Text($"{value:#,0.###}") : "not measured");
        AnsiConsole.Write(table);
    }

    private static void Heading(string text)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[bold]{text}[/]");
    }

    private static Table Columns(params IReadOnlyList<string> names)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var name in names) table.AddColumn(new TableColumn(name).NoWrap().PadLeft(0).PadRight(1));
        return table;
    }

    private static void Row(Table table, params IReadOnlyList<string> cells) => table.AddRow(cells.Select(static cell => new Text(cell)));

    private static string Seconds(double? milliseconds) => milliseconds is { } value ? Text($"{value / 1000:0.00} s") : "–";

    private static string Milliseconds(double? value) => value is { } known ? Text($"{known:0} ms") : "–";

    private static string Bytes(double? bytes) => bytes is { } value ? Text($"{value / 1048576:#,0.0} MiB") : "–";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
