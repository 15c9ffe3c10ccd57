using System.Globalization;
using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// The journal cannot be written: hostctl stops before the next side effect, says so, and a later <c>resume</c> puts it right.
/// Once by SQLite's own error at several writes, once on a file system that is full to the brim.
/// </summary>
internal sealed class JournalFull() : FaultCase(10, "journal's disk full, or I/O error")
{
    private const string Filled = "effect-begin:generation:1";

    /// <summary>Where in a swap, in percent of its journal writes.</summary>
    private static readonly IReadOnlyList<int> Sample = [3, 20, 40, 60, 80, 97];

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("disk full", WorldDesign.Cramped, FillAsync, cancellationToken);
        if (bench.Quick) return;
        var writes = 0;
        await bench.RunAsync("sound, to count the writes", WorldDesign.Usual, async run => writes = await Writes.CountAsync(run), cancellationToken);
        foreach (var number in Sample.Select(percent => Math.Max(1, writes * percent / 100)))
        {
            var back = number % 2 == 0;
            await bench.RunAsync(
                string.Create(CultureInfo.InvariantCulture, $"error at write {number}, then {(back ? "back" : "on")}"),
                WorldDesign.Usual,
                run => FailAsync(run, number, back),
                cancellationToken);
        }
    }

    private static async Task FailAsync(FaultRun run, int number, bool back)
    {
        var log = Path.Join(run.Lab.Root, "fault-points.log");
        File.Delete(log);
        var swap = await run.SwapAsync(string.Create(CultureInfo.InvariantCulture, $"{Writes.Before}:{number}=io-error"), log);
        run.FaultHappened();
        RequireClearError(run, swap);
        var points = DockerCli.Lines(await File.ReadAllTextAsync(log, run.Token));
        var failed = points.ToList().IndexOf(string.Create(CultureInfo.InvariantCulture, $"{number} {Writes.Before}"));
        run.Require(
            points.Skip(failed).All(static point => !point.Contains("effect-begin", StringComparison.Ordinal)), "a side effect was begun after the write that failed");
        await run.ResumeAsync(back);
    }

    private static async Task FillAsync(FaultRun run)
    {
        var filler = Path.Join(run.Lab.Paths.State, "filler");
        var swap = run.StartSwap($"{Filled}=stop");
        await Moments.HeldAsync(run, swap, Filled);
        await FillAsync(run, filler);
        swap.Send(Signal.Continue);
        var result = await run.WaitAsync(swap);
        run.FaultHappened();
        RequireClearError(run, result);
        foreach (var guest in run.Lab.Guests.Where(static guest => guest.Spec.State is GuestState.Running))
            await OuterHostLab.WaitForTicksAsync(guest, 5, run.Token);

        var refused = await run.HostctlAsync(["resume", "--yes"]);
        run.RequireExit(refused, ExitCodes.Environment);
        File.Delete(filler);
        await run.ResumeAsync(back: false);
        run.World.IsSpoilt = true;
    }

    private static async Task FillAsync(FaultRun run, string filler)
    {
        // dd fails when nothing more fits, which is what it is for here.
        var full = await Command.RunAsync("dd", ["if=/dev/zero", $"of={filler}", "bs=4096"], run.Token);
        run.Require(full.Error.Contains("No space left", StringComparison.Ordinal), $"the file system could not be filled: {full.Error}");
    }

    private static void RequireClearError(FaultRun run, CommandResult result)
    {
        run.RequireExit(result, ExitCodes.Environment);
        run.Require(result.Error.Contains("disk is full", StringComparison.Ordinal), $"the error does not say that the disk is full: {result.Error}");
        run.Require(result.Error.Contains(run.Lab.Paths.JournalFile, StringComparison.Ordinal), "the error does not name the journal");
    }
}
