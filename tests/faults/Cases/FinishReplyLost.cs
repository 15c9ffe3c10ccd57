using HostSwap.Faults.Handing;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// The receiving libvirtd is killed when its QEMU has all of the guest, about the reply by which the sending one learns so. It
/// then has the old QEMU go on, which has the same RAM as the new one: the fence is what keeps the guest from running twice.
/// </summary>
internal sealed class FinishReplyLost() : FaultCase(29, "handover: libvirtd killed about its last reply")
{
    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        foreach (var (fence, design) in Handovers.Fences)
        {
            await bench.RunAsync($"before it is asked to take over; {fence}", design, BeforeAsync, cancellationToken);
            foreach (var back in new[] { false, true })
            {
                await bench.RunAsync(
                    $"before it replies, then {(back ? "back" : "on")}; {fence}",
                    design,
                    run => ReferenceEquals(design, Worlds.WorldDesign.Locked) ? RefusedByLockAsync(run, back) : RunsOnAsync(run, back),
                    cancellationToken);
            }

            await bench.RunAsync($"once it has replied; {fence}", design, AfterAsync, cancellationToken);
        }
    }

    /// <summary>The new QEMU has everything, and has not begun: the old one goes on, and its RAM is copied at the next try.</summary>
    private static async Task BeforeAsync(FaultRun run)
    {
        var (result, _) = await KillAsync(run, TapMoment.FinishCalled, TapOrder.ActAndLose);
        run.RequireExit(result, ExitCodes.Done);
        await run.SettleAsync(result);
        await Handovers.RequireCopyAsync(run, "");
        await SavedRam.RequireAsync(run, Handovers.GuestOf(run));
    }

    /// <summary>The new QEMU executes, and the sending libvirt does not know: the kernel refuses its own the lock.</summary>
    private static async Task RefusedByLockAsync(FaultRun run, bool back)
    {
        var (guest, source) = (Handovers.GuestOf(run), await Moments.SourceAsync(run));
        var (result, target) = await KillAsync(run, TapMoment.FinishAnswered, TapOrder.ActAndLose);
        run.RequireExit(result, ExitCodes.NeedsPerson);
        run.Require(await source.StateAsync(guest, run.Token) is "paused", $"{guest.Name} is not paused in gen-{source.Number}");
        run.Require(await target.StateAsync(guest, run.Token) is "running", $"{guest.Name} does not run in gen-{target.Number}");
        var resumed = await source.TryAsync(["virsh", "resume", guest.Uuid], run.Token);
        run.Note(resumed.Describe());
        run.Require(resumed.ExitCode != 0 && resumed.Error.Contains("lock", StringComparison.Ordinal), $"its old QEMU could be told to go on: {resumed.Describe()}");
        await OuterHostLab.WaitForTicksAsync(guest, 5, run.Token);
        await EndAsync(run, result, back);
    }

    /// <summary>The new QEMU has taken it over and waits; the old one goes on, and is the only one that does.</summary>
    private static async Task RunsOnAsync(FaultRun run, bool back)
    {
        var (guest, source) = (Handovers.GuestOf(run), await Moments.SourceAsync(run));
        var (result, target) = await KillAsync(run, TapMoment.FinishAnswered, TapOrder.ActAndLose);
        run.RequireExit(result, ExitCodes.NeedsPerson);
        run.Require(await source.StateAsync(guest, run.Token) is "running", $"{guest.Name} does not run on in gen-{source.Number}");
        run.Require(await target.StateAsync(guest, run.Token) is "paused", $"{guest.Name} is not paused in gen-{target.Number}");
        await OuterHostLab.WaitForTicksAsync(guest, 5, run.Token);
        await EndAsync(run, result, back);
    }

    /// <summary>All is over between the libvirts; what hostctl still has to do waits for the receiving one to be back.</summary>
    private static async Task AfterAsync(FaultRun run)
    {
        var (result, _) = await KillAsync(run, TapMoment.FinishAnswered, TapOrder.PassThenAct);
        run.RequireExit(result, ExitCodes.Done);
        await run.SettleAsync(result);
        await Handovers.RequireHandoverAsync(run);
        await SavedRam.RequireAsync(run, Handovers.GuestOf(run));
    }

    private static async Task EndAsync(FaultRun run, CommandResult result, bool back)
    {
        await run.SettleAsync(result, back);
        await SavedRam.RequireAsync(run, Handovers.GuestOf(run));
    }

    private static async Task<(CommandResult Result, Generation Target)> KillAsync(FaultRun run, TapMoment moment, TapOrder order)
    {
        var (swap, target) = await Handovers.HoldAsync(run);
        var libvirtd = await Moments.LibvirtdAsync(run, target);
        await using var tap = MigrationTap.Place(Handovers.PathsOf(run, target), moment, order, () => Native.Send(libvirtd, Signal.Kill));
        swap.Send(Signal.Continue);
        await tap.ReachedAsync(run.Token);
        run.FaultHappened();
        return (await run.WaitAsync(swap), target);
    }
}
