using HostSwap.Faults.Worlds;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>The QEMU that only waits for the guest is killed: the guest runs on where it is.</summary>
internal sealed class TargetQemuKilled() : FaultCase(3, "target's QEMU killed in transfer, and after the suspension")
{
    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("in transfer", WorldDesign.Slow, run => KillAsync(run, suspended: false), cancellationToken);
        await bench.RunAsync("after the suspension", WorldDesign.Big, run => KillAsync(run, suspended: true), cancellationToken);
    }

    private static async Task KillAsync(FaultRun run, bool suspended)
    {
        var (guest, source) = (Moments.SlowGuest(run), await Moments.SourceAsync(run));
        await using var suspension = suspended ? new SuspensionWatch(run, source, guest) : null;
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, guest);
        var waiting = await Moments.QemuAsync(run, await Moments.CandidateAsync(run), guest);
        if (suspension is not null) await suspension.HoldAsync();
        Native.Send(waiting, Signal.Kill);
        run.FaultHappened();
        var result = await run.WaitAsync(swap);
        run.RequireExit(result, ExitCodes.FailedOldSide);
        run.Require(await source.StateAsync(guest, run.Token) is "running", $"{guest.Name} does not run on in gen-{source.Number}");
        await run.SettleAsync(result);
    }
}

/// <summary>The QEMU that runs the guest is killed: it is lost, which must be said, and its definition must not be lost with it.</summary>
internal sealed class SourceQemuKilled() : FaultCase(4, "source's QEMU killed in transfer")
{
    public override bool InQuickPart => false;

    public override Task RunAsync(FaultBench bench, CancellationToken cancellationToken) =>
        bench.RunAsync("in transfer", WorldDesign.Slow, KillAsync, cancellationToken);

    private static async Task KillAsync(FaultRun run)
    {
        var (guest, source) = (Moments.SlowGuest(run), await Moments.SourceAsync(run));
        var qemu = await Moments.QemuAsync(run, source, guest);
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, guest);
        Native.Send(qemu, Signal.Kill);
        run.FaultHappened();
        run.Expected[guest] = new Expectation(GuestState.ShutOff);
        var result = await run.WaitAsync(swap);
        run.RequireExit(result, ExitCodes.NeedsPerson);
        run.Require(
            HostctlRunner.Events(result.Output)[^1].Moves?.Any(move => move.Uuid == guest.Spec.Uuid && move.State is "lost") == true,
            $"{guest.Name} is not reported as lost");
        await run.ReleaseAsync();
        await run.ResumeAsync(back: false);
    }
}
