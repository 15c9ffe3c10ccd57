using System.Diagnostics;
using System.Globalization;
using HostSwap.Faults.Cases;
using HostSwap.Faults.Reporting;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using Spectre.Console;

namespace HostSwap.Faults;

/// <summary>Runs the cases one after the other, tells of each run in a line, and sums up.</summary>
internal sealed class FaultSuite(FaultOptions options)
{
    private static readonly TimeSpan Limit = TimeSpan.FromHours(5);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<RunRecord> _records = [];

    /// <summary>The cases that are made to happen here.</summary>
    private static IReadOnlyList<FaultCase> All =>
    [
        new Aborted(),
        new TargetQemuKilled(),
        new SourceQemuKilled(),
        new LibvirtdKilled(),
        new BusServiceKilled(),
        new HostctlDisturbed(),
        new KilledAtEveryWrite(),
        new KilledTwice(),
        new JournalFull(),
        new TwoAtOnce(),
        new CandidateDies(),
        new EngineRestarted(),
        new Rebooted(),
        new GuestActs(),
        new NeverConverges(),
        new Loaded(),
        new OneOfMany(),
        new OthersInterfere(),
        new OldGenerationHolds(),
        new NothingDrifts(),
        new HandoverRefused(),
        new FinishReplyLost(),
        new KilledInHandover(),
        new KilledWithSavedImage(),
        new KilledWithMoments("checkpoint"),
        new KilledWithMoments("snapshot"),
        .. KilledInRestart.All(),
        new KilledInDetach(),
    ];

    /// <summary>Runs all that were asked for; 0 where the oracle was content with every run.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await RequireFaultPointsAsync(cancellationToken);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Limit);
        await using (var bench = new FaultBench(options, Tell))
        {
            foreach (var faultCase in All.Where(IsWanted))
                await RunAsync(bench, faultCase, deadline.Token);
        }

        cancellationToken.ThrowIfCancellationRequested();
        var report = FaultReport.Of(options, _records, _clock.Elapsed);
        var path = Path.Join(options.Output, "report.json");
        await report.WriteAsync(path, cancellationToken);
        FaultTable.Print(report);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"report: {path}");
        // In the words of the other test programs, so that tests/run can add it up.
        var failed = _records.Count(static record => !record.Good);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Total: {_records.Count}, Errors: 0, Failed: {failed}, Skipped: 0"));
        return failed == 0 && _records.Count > 0 ? 0 : 1;
    }

    private bool IsWanted(FaultCase faultCase) =>
        faultCase.Name.Contains(options.Name, StringComparison.Ordinal)
        && (options.Cases.Count > 0 || options.Name.Length > 0
            ? options.Cases.Count == 0 || options.Cases.Contains(faultCase.Number)
            : !options.Quick || faultCase.InQuickPart);

    private async Task RunAsync(FaultBench bench, FaultCase faultCase, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(faultCase.Limit);
        bench.Begin(faultCase);
        try
        {
            await faultCase.RunAsync(bench, deadline.Token);
        }
        catch (Exception exception) when (exception is LabException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // What could not be made to happen has not been shown.
            var why = exception is LabException ? exception.Message : $"not finished after {faultCase.Limit.TotalMinutes:0} min";
            Tell(RunRecord.NotMade(faultCase, why));
        }
    }

    private void Tell(RunRecord record)
    {
        _records.Add(record);
        var recovery = record.Recovery is { } time ? string.Create(CultureInfo.InvariantCulture, $", recovered in {time.TotalSeconds:0.0} s") : "";
        AnsiConsole.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"[grey]{_clock.Elapsed.TotalSeconds,7:0.0} s[/]  case {record.Case,2}  {(record.Good ? "ok    " : "FAILED")}  {record.Label}{recovery}");
        foreach (var problem in record.Problems)
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"                    [red]{problem}[/]");
    }

    /// <summary>A hostctl without fault points would be killed nowhere, and every run would look good.</summary>
    private static async Task RequireFaultPointsAsync(CancellationToken cancellationToken)
    {
        await using var lab = await OuterHostLab.CreateAsync(new LabOptions { Purpose = "fault points" }, cancellationToken);
        var result = await lab.Hostctl.With("HOSTSWAP_FAULT", "journal-write:1=kill").RunAsync(["init"], cancellationToken);
        if (result.ExitCode != RunningProcess.KilledExitCode)
            throw new LabException($"{Repository.Hostctl} has no fault points; a debug build has them. {result.Describe()}");
    }
}
