using System.Text.Json;
using HostSwap.Lab;

namespace HostSwap.Faults.Reporting;

/// <summary><c>out/faults/report.json</c>; times in the unit of their name.</summary>
/// <param name="Schema">Its version.</param>
/// <param name="Result"><c>pass</c> or <c>fail</c>.</param>
/// <param name="Part"><c>all</c>, <c>quick</c>, or <c>chosen</c> where cases or kill points were chosen.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="KillPoints">At how many different journal writes hostctl was killed.</param>
/// <param name="Rows">The table of fault cases.</param>
internal sealed record FaultReport(string Schema, string Result, string Part, double Seconds, int KillPoints, IReadOnlyList<FaultRow> Rows)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Sums the runs up.</summary>
    public static FaultReport Of(FaultOptions options, IReadOnlyList<RunRecord> records, TimeSpan elapsed)
    {
        List<FaultRow> rows = [.. records.GroupBy(static record => record.Case).Select(static runs => FaultRow.Of([.. runs]))];
        var run = rows.Select(static row => row.Case).ToHashSet();
        rows.AddRange(OtherRows.All.Where(row => !run.Contains(row.Case)));
        return new FaultReport(
            "hostswap/faults/1",
            records.Count > 0 && records.All(static record => record.Good) ? "pass" : "fail",
            options.Cases.Count + options.KillPoints.Count > 0 ? "chosen" : options.Quick ? "quick" : "all",
            Math.Round(elapsed.TotalSeconds, 1),
            records.Select(static record => record.KillPoint).OfType<string>().Distinct(StringComparer.Ordinal).Count(),
            [.. rows.OrderBy(static row => row.Case)]);
    }

    /// <summary>Writes it.</summary>
    public async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(this, Json) + "\n", cancellationToken);
    }
}

/// <summary>One row of the table of fault cases.</summary>
/// <param name="Case">Its number.</param>
/// <param name="Name">What happens.</param>
/// <param name="Runs">How often it was made to happen here.</param>
/// <param name="VmsLost">VMs that had to run on and did not.</param>
/// <param name="DoubleRuns">Instants at which two QEMU processes ran one VM.</param>
/// <param name="Unresolved">Runs that left something unfinished.</param>
/// <param name="RecoverySecondsMean">From the fault until everything was settled; null where nothing had to recover.</param>
/// <param name="Failures">What the oracle was not content with.</param>
/// <param name="SeenTo">Where a row without runs is seen to: tests elsewhere, or why it does not apply yet; null where it was run.</param>
internal sealed record FaultRow(
    int Case,
    string Name,
    int Runs,
    int VmsLost,
    int DoubleRuns,
    int Unresolved,
    double? RecoverySecondsMean,
    IReadOnlyList<string> Failures,
    string? SeenTo)
{
    /// <summary>Sums the runs of one case up.</summary>
    public static FaultRow Of(IReadOnlyList<RunRecord> runs)
    {
        double[] recoveries = [.. runs.Select(static run => run.Recovery?.TotalSeconds).OfType<double>()];
        return new FaultRow(
            runs[0].Case,
            runs[0].CaseName,
            runs.Count,
            runs.Sum(static run => run.VmsLost),
            runs.Sum(static run => run.DoubleRuns),
            runs.Count(static run => run.Unresolved),
            recoveries.Length == 0 ? null : Math.Round(recoveries.Average(), 2),
            [.. runs.SelectMany(static run => run.Problems.Select(problem => $"{run.Label}: {problem}"))],
            SeenTo: null);
    }
}
