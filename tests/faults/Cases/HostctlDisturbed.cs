using System.Globalization;
using HostSwap.Faults.Worlds;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// hostctl is interrupted, killed, or held in the middle of a VM's transfer. libvirt's migration is peer to peer and goes on
/// without it; one that is held can be replaced, and must do nothing any more when it is let go.
/// </summary>
internal sealed class HostctlDisturbed() : FaultCase(7, "hostctl stopped, killed, interrupted in a move")
{
    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("stopped, replaced by resume --take-over, let go", WorldDesign.Slow, ReplaceAsync, cancellationToken);
        if (bench.Quick) return;
        await bench.RunAsync("stopped and let go", WorldDesign.Slow, HoldAsync, cancellationToken);
        await bench.RunAsync("interrupted", WorldDesign.Slow, InterruptAsync, cancellationToken);
        await bench.RunAsync("killed, then on", WorldDesign.Slow, run => KillAsync(run, back: false), cancellationToken);
        await bench.RunAsync("killed, then back", WorldDesign.Slow, run => KillAsync(run, back: true), cancellationToken);
    }

    private static async Task ReplaceAsync(FaultRun run)
    {
        var old = await StartAsync(run);
        old.Send(Signal.Stop);
        run.FaultHappened();

        var refused = await run.HostctlAsync(["resume", "--yes"]);
        run.RequireExit(refused, ExitCodes.Locked);
        run.Require(refused.Error.Contains(old.Pid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), $"it does not name the holder: {refused.Error}");
        await run.ReleaseAsync();
        await run.ResumeAsync(back: false, "--take-over");

        old.Send(Signal.Continue);
        run.RequireExit(await run.WaitAsync(old), ExitCodes.Locked);
    }

    private static async Task HoldAsync(FaultRun run)
    {
        var swap = await StartAsync(run);
        swap.Send(Signal.Stop);
        run.FaultHappened();
        // It is let go when libvirt has ended the migration without it.
        var source = await Moments.SourceAsync(run);
        await HostSwap.Lab.Poll.UntilAsync(
            $"{WorldDesign.SlowGuest} to leave gen-{source.Number} without hostctl",
            TimeSpan.FromMinutes(2),
            async token => !(await source.DomainsAsync(token)).Contains(Moments.SlowGuest(run).Spec.Uuid),
            () => "it is still there",
            run.Token);
        swap.Send(Signal.Continue);
        run.RequireExit(await run.WaitAsync(swap), ExitCodes.Done);
        run.Recovered();
        run.ExpectedImage = run.World.OtherImage;
    }

    private static async Task InterruptAsync(FaultRun run)
    {
        var swap = await StartAsync(run);
        swap.Send(Signal.Interrupt);
        run.FaultHappened();
        run.RequireExit(await run.WaitAsync(swap), ExitCodes.Interrupted);
        run.Recovered();
        run.ExpectedImage = run.World.Image;
    }

    private static async Task KillAsync(FaultRun run, bool back)
    {
        var swap = await StartAsync(run);
        swap.Send(Signal.Kill);
        run.FaultHappened();
        await run.WaitAsync(swap);
        await run.ReleaseAsync();
        await run.ResumeAsync(back);
    }

    private static async Task<RunningProcess> StartAsync(FaultRun run)
    {
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, Moments.SlowGuest(run));
        return swap;
    }
}
