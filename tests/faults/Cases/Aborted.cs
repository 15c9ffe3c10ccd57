using HostSwap.Faults.Worlds;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>A move is aborted while its guest runs on, and when it stands still for the last part.</summary>
internal sealed class Aborted() : FaultCase(2, "abort before, and after, the source is suspended")
{
    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("before", WorldDesign.Slow, run => BeforeAsync(run), cancellationToken);
        await bench.RunAsync("before, with --rollback", WorldDesign.Slow, run => BeforeAsync(run, "--rollback"), cancellationToken);
        await bench.RunAsync("after", WorldDesign.Big, AfterAsync, cancellationToken);
    }

    private static async Task BeforeAsync(FaultRun run, params IReadOnlyList<string> more)
    {
        var (guest, source) = (Moments.SlowGuest(run), await Moments.SourceAsync(run));
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, guest);
        run.FaultHappened();
        run.RequireExit(await run.HostctlAsync(["abort", .. more]), ExitCodes.Done);
        var result = await run.WaitAsync(swap);
        run.RequireExit(result, ExitCodes.Interrupted);
        run.Require(await source.StateAsync(guest, run.Token) is "running", $"{guest.Name} does not run on in gen-{source.Number}");
        await run.SettleAsync(result);
    }

    /// <summary>QEMU is deaf while it sends the last part, so that an abort may come too late. Either way the guest runs on, on one side.</summary>
    private static async Task AfterAsync(FaultRun run)
    {
        await using var suspension = new SuspensionWatch(run, await Moments.SourceAsync(run), Moments.SlowGuest(run));
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, Moments.SlowGuest(run));
        var held = await suspension.HoldAsync();
        run.FaultHappened();
        swap.Send(Signal.Terminate);
        Native.Send(held, Signal.Continue);
        var result = await run.WaitAsync(swap);
        run.RequireExit(result, ExitCodes.Interrupted, ExitCodes.Done);
        await run.SettleAsync(result);
    }
}
