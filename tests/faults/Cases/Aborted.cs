using HostSwap.Faults.Worlds;
using HostSwap.Lab.Hosts;

namespace HostSwap.Faults.Cases;

/// <summary>A move is aborted while its guest runs on, and in the seconds in which it stands still for the last part.</summary>
internal sealed class Aborted() : FaultCase(2, "abort before, and after, the source is suspended")
{
    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("before", WorldDesign.Slow, run => AbortAsync(run, suspended: false), cancellationToken);
        await bench.RunAsync("after", WorldDesign.Big, run => AbortAsync(run, suspended: true), cancellationToken);
        await bench.RunAsync("before, with --rollback", WorldDesign.Slow, run => AbortAsync(run, suspended: false, "--rollback"), cancellationToken);
    }

    private static async Task AbortAsync(FaultRun run, bool suspended, params IReadOnlyList<string> more)
    {
        var (guest, source) = (Moments.SlowGuest(run), await Moments.SourceAsync(run));
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, guest);
        if (suspended) await Moments.SuspendedAsync(run, source, guest);
        run.FaultHappened();
        run.RequireExit(await run.HostctlAsync(["abort", .. more]), ExitCodes.Done);
        var result = await run.WaitAsync(swap);
        run.RequireExit(result, ExitCodes.Interrupted);
        run.Require(await source.StateAsync(guest, run.Token) is "running", $"{guest.Name} does not run on in gen-{source.Number}");
        await run.SettleAsync(result);
    }
}
