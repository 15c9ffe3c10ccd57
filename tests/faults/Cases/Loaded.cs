using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>A guest writes to disk, memory and network throughout, over swap, rollback and a resumption: it sees no error.</summary>
internal sealed class Loaded() : FaultCase(20, "disk and network load throughout")
{
    private const string Busy = "busy";

    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("swap, then rollback", WorldDesign.Busy, ThereAndBackAsync, cancellationToken);
        await bench.RunAsync("killed in the move, then on", WorldDesign.Busy, KillAsync, cancellationToken);
    }

    private static async Task ThereAndBackAsync(FaultRun run)
    {
        run.RequireExit(await run.SwapAsync(), ExitCodes.Done);
        await RequireWritesAsync(run);
        run.RequireExit(await run.HostctlAsync(["rollback", "--yes"]), ExitCodes.Done);
        await RequireWritesAsync(run);
        run.ExpectedImage = run.World.Image;
    }

    private static async Task KillAsync(FaultRun run)
    {
        run.RequireExit(await run.SwapAsync("effect-end:migrate:1=kill"), RunningProcess.KilledExitCode);
        run.FaultHappened();
        await run.ResumeAsync(back: false);
        await RequireWritesAsync(run);
    }

    /// <summary>Its ticks tell how often it has written: that must go on as well, and not only its CPU.</summary>
    private static async Task RequireWritesAsync(FaultRun run)
    {
        var guest = Moments.GuestNamed(run, Busy);
        var before = guest.ReadLog().LastTick!.Disk;
        await Poll.UntilAsync(
            $"{guest.Name} to write to its disk",
            OuterHostLab.BootLimit,
            _ => Task.FromResult(guest.ReadLog().LastTick!.Disk > before),
            () => guest.ReadLog().Tail(),
            run.Token);
    }
}
