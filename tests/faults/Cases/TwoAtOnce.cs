using System.Globalization;
using HostSwap.Faults.Worlds;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>Only one hostctl changes an outer host; the lock of a dead one holds nobody up, what it left unfinished does.</summary>
internal sealed class TwoAtOnce() : FaultCase(11, "two swaps at once; a stale lock")
{
    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("two at once", WorldDesign.Slow, TogetherAsync, cancellationToken);
        await bench.RunAsync("a stale lock", WorldDesign.Slow, StaleAsync, cancellationToken);
    }

    private static async Task TogetherAsync(FaultRun run)
    {
        var first = run.StartSwap();
        await Moments.TransferAsync(run, first, Moments.SlowGuest(run));
        foreach (var arguments in new string[][] { ["swap", "--yes"], ["resume", "--yes"], ["rollback", "--yes"], ["retire"], ["start"] })
        {
            var second = await run.HostctlAsync(arguments);
            run.RequireExit(second, ExitCodes.Locked);
            run.Require(
                second.Error.Contains(first.Pid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), $"{arguments[0]} is not told who holds the lock: {second.Error}");
        }

        run.RequireExit(await run.WaitAsync(first), ExitCodes.Done);
        run.ExpectedImage = run.World.OtherImage;
    }

    private static async Task StaleAsync(FaultRun run)
    {
        var first = run.StartSwap();
        await Moments.TransferAsync(run, first, Moments.SlowGuest(run));
        first.Send(Signal.Kill);
        run.FaultHappened();
        await run.WaitAsync(first);
        foreach (var arguments in new string[][] { ["swap", "--yes"], ["retire"], ["plan"] })
            run.RequireExit(await run.HostctlAsync(arguments), ExitCodes.Unfinished);
        await run.ReleaseAsync();
        await run.ResumeAsync(back: true);
    }
}
