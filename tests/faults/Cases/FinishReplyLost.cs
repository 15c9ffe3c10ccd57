using HostSwap.Faults.Handing;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;

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
            // Two swaps each: from the older release to the newer one, and back.
            foreach (var way in new[] { "there", "back" })
            {
                await bench.RunAsync($"before it is asked to take over, {way}; {fence}", design, BeforeAsync, cancellationToken);
                await bench.RunAsync(
                    $"before it replies, {way}; {fence}",
                    design,
                    ReferenceEquals(design, Worlds.WorldDesign.Locked) ? RefusedByLockAsync : OneRunsOnAsync,
                    cancellationToken);
                await bench.RunAsync($"once it has replied, {way}; {fence}", design, AfterAsync, cancellationToken);
            }
        }

        foreach (var way in new[] { "there", "back" })
            await bench.RunAsync($"its QEMU is killed instead, {way}; image lock", Worlds.WorldDesign.Locked, LostAsync, cancellationToken);
    }

    /// <summary>
    /// The new QEMU has executed, and is gone with its lock before the old one's libvirt hears of it: that one has RAM that has
    /// moved on, and must not go on with it. Nobody can save the guest any more; its definition is there to start it anew.
    /// </summary>
    private static async Task LostAsync(FaultRun run)
    {
        var (guest, source) = (Handovers.GuestOf(run), await Moments.SourceAsync(run));
        var old = await Moments.QemuAsync(run, source, guest);
        var (swap, target) = await Handovers.HoldAsync(run);
        await using var tap = MigrationTap.Place(
            Handovers.PathsOf(run, target),
            TapMoment.FinishAnswered,
            TapOrder.ActAndLose,
            () => Native.Send(QemuProcess.All().Single(process => process.Uuid == guest.Spec.Uuid && process.Pid != old).Pid, Signal.Kill));
        swap.Send(Signal.Continue);
        await tap.ReachedAsync(run.Token);
        run.FaultHappened();
        run.Expected[guest] = new Worlds.Expectation(GuestState.ShutOff);
        var result = await run.WaitAsync(swap);
        run.RequireExit(result, ExitCodes.NeedsPerson);
        run.Require(
            HostctlRunner.Events(result.Output)[^1].Moves?.Any(move => move.Uuid == guest.Spec.Uuid && move.State is "lost" && move.Reason.Contains("start it anew", StringComparison.Ordinal)) == true,
            $"{guest.Name} is not reported as lost with the reason");
        run.Require(await source.StateAsync(guest, run.Token) is "shut off", $"{guest.Name} is not off in gen-{source.Number}");
        await run.ResumeAsync(back: false);
    }

    /// <summary>The new QEMU has everything, and has not begun: the old one goes on, and its RAM is copied at the next try.</summary>
    private static async Task BeforeAsync(FaultRun run)
    {
        await EndAsync(run, await KillAsync(run, TapMoment.FinishCalled, TapOrder.ActAndLose));
        await Handovers.RequireCopyAsync(run, "");
    }

    /// <summary>The new QEMU executes, and the sending libvirt does not know: the kernel refuses its own the lock, whoever asks.</summary>
    private static async Task RefusedByLockAsync(FaultRun run)
    {
        await EndAsync(run, await KillAsync(run, TapMoment.FinishAnswered, TapOrder.ActAndLose, async (guest, source, target) =>
        {
            await OuterHostLab.WaitForTicksAsync(guest, 5, run.Token);
            run.Require(await target.StateAsync(guest, run.Token) is "running", $"{guest.Name} does not run in gen-{target.Number}");
            run.Require(await source.StateAsync(guest, run.Token) is "paused", $"{guest.Name} is not paused in gen-{source.Number}");
            var resumed = await source.TryAsync(["virsh", "resume", guest.Uuid], run.Token);
            run.Note(resumed.Describe());
            run.Require(resumed.ExitCode != 0 && resumed.Error.Contains("lock", StringComparison.Ordinal), $"its old QEMU could be told to go on: {resumed.Describe()}");
        }));
        await Handovers.RequireHandoverAsync(run);
    }

    /// <summary>
    /// The new QEMU has taken it over and waits. The old one may go on, and is then the only one that does; where its libvirt
    /// leaves it as it is, the new one goes on once the old one is gone.
    /// </summary>
    private static async Task OneRunsOnAsync(FaultRun run)
    {
        var runsOn = false;
        await EndAsync(run, await KillAsync(run, TapMoment.FinishAnswered, TapOrder.ActAndLose, async (guest, source, target) =>
        {
            run.Require(await target.StateAsync(guest, run.Token) is "paused", $"{guest.Name} is not paused in gen-{target.Number}");
            runsOn = await source.StateAsync(guest, run.Token) is "running";
            if (runsOn) await OuterHostLab.WaitForTicksAsync(guest, 5, run.Token);
        }));
        if (runsOn) await Handovers.RequireCopyAsync(run, "");
        else await Handovers.RequireHandoverAsync(run);
    }

    /// <summary>All is over between the libvirts; what hostctl still has to do waits for the receiving one to be back.</summary>
    private static async Task AfterAsync(FaultRun run)
    {
        await EndAsync(run, await KillAsync(run, TapMoment.FinishAnswered, TapOrder.PassThenAct));
        await Handovers.RequireHandoverAsync(run);
    }

    /// <summary>hostctl itself puts it right: no person is needed, and no other try.</summary>
    private static async Task EndAsync(FaultRun run, CommandResult result)
    {
        run.RequireExit(result, ExitCodes.Done);
        await run.SettleAsync(result);
        await SavedRam.RequireAsync(run, Handovers.GuestOf(run));
    }

    /// <summary>Kills the receiving libvirtd.</summary>
    /// <param name="run">The run.</param>
    /// <param name="moment">When.</param>
    /// <param name="order">What becomes of the message.</param>
    /// <param name="meanwhile">What is looked at before hostctl, which is held since then, sees anything of it.</param>
    private static async Task<CommandResult> KillAsync(
        FaultRun run, TapMoment moment, TapOrder order, Func<Guest, Generation, Generation, Task>? meanwhile = null)
    {
        var source = await Moments.SourceAsync(run);
        var (swap, target) = await Handovers.HoldAsync(run);
        var libvirtd = await Moments.LibvirtdAsync(run, target);
        await using var tap = MigrationTap.Place(Handovers.PathsOf(run, target), moment, order, Act);
        swap.Send(Signal.Continue);
        await tap.ReachedAsync(run.Token);
        run.FaultHappened();
        if (meanwhile is not null)
        {
            await meanwhile(Handovers.GuestOf(run), source, target);
            swap.Send(Signal.Continue);
        }

        return await run.WaitAsync(swap);

        void Act()
        {
            if (meanwhile is not null) swap.Send(Signal.Stop);
            Native.Send(libvirtd, Signal.Kill);
        }
    }
}
