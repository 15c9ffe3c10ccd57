using HostSwap.Faults.Handing;
using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;

namespace HostSwap.Faults.Cases;

/// <summary>
/// hostctl is killed in the middle of a handover, with either fence: at the fault points around it, and at each message between
/// the two libvirts, which go on without it. With the stricter fence nobody is left then who has the guest go on.
/// </summary>
internal sealed class KilledInHandover() : FaultCase(30, "handover: hostctl killed")
{
    private static readonly IReadOnlyList<string> Points = [$"{Handovers.Begins}=kill", $"{Handovers.Ended}=kill"];

    public override bool InQuickPart => false;

    public override TimeSpan Limit => TimeSpan.FromMinutes(30);

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        foreach (var (fence, design) in Handovers.Fences)
        {
            foreach (var back in new[] { false, true })
            {
                var course = back ? "back" : "on";
                foreach (var point in Points)
                    await bench.RunAsync($"{point}, then {course}; {fence}", design, run => AtPointAsync(run, point, back), cancellationToken);
                foreach (var moment in Enum.GetValues<TapMoment>())
                    await bench.RunAsync($"{moment}, then {course}; {fence}", design, run => AtMessageAsync(run, moment, back), cancellationToken);
            }
        }

        foreach (var back in new[] { false, true })
        {
            var then = $"then {(back ? "back" : "on")}; image lock";
            await bench.RunAsync($"with the new side's libvirtd as it replies, {then}", WorldDesign.Locked, run => RefusedByLockAsync(run, back), cancellationToken);
            await bench.RunAsync($"with the new side's libvirtd as it replies, then its QEMU, {then}", WorldDesign.Locked, run => LastOneAsync(run, back), cancellationToken);
        }
    }

    /// <summary>The new QEMU executes, and the kernel has refused the old one the lock: that is what is left over.</summary>
    private static async Task RefusedByLockAsync(FaultRun run, bool back)
    {
        await KillBothAsync(run);
        await run.ResumeAsync(back);
        await SavedRam.RequireAsync(run, Handovers.GuestOf(run), save: back);
    }

    /// <summary>
    /// Then the new one dies as well, and its lock with it: the old one has RAM that has moved on. It must not be resumed, nor
    /// carried over as if it were whole.
    /// </summary>
    private static async Task LastOneAsync(FaultRun run, bool back)
    {
        var (guest, source) = (Handovers.GuestOf(run), await Moments.SourceAsync(run));
        var old = await Moments.QemuAsync(run, source, guest);
        await KillBothAsync(run);
        Native.Send(QemuProcess.All().Single(process => process.Uuid == guest.Spec.Uuid && process.Pid != old).Pid, Signal.Kill);

        var refused = await run.HostctlAsync(["resume", "--yes", .. back ? ["--rollback"] : Array.Empty<string>()]);
        run.RequireExit(refused, ExitCodes.NeedsPerson);
        run.Require(refused.Error.Contains("is not to be trusted", StringComparison.Ordinal), $"it does not say what is the matter: {refused.Describe()}");
        run.Require(await source.StateAsync(guest, run.Token) is "paused", $"{guest.Name} was touched in gen-{source.Number}");

        await source.VirshAsync(["destroy", guest.Uuid], run.Token);
        run.Expected[guest] = new Expectation(GuestState.ShutOff);
        await run.ResumeAsync(back);
    }

    /// <summary>Kills hostctl and the receiving libvirtd, and waits until the sending one has done what it does about that.</summary>
    private static async Task KillBothAsync(FaultRun run)
    {
        var (guest, source) = (Handovers.GuestOf(run), await Moments.SourceAsync(run));
        var (swap, target) = await Handovers.HoldAsync(run);
        var libvirtd = await Moments.LibvirtdAsync(run, target);
        await using (var tap = MigrationTap.Place(Handovers.PathsOf(run, target), TapMoment.FinishAnswered, TapOrder.ActAndLose, Act))
        {
            swap.Send(Signal.Continue);
            await tap.ReachedAsync(run.Token);
        }

        run.FaultHappened();
        run.RequireExit(await run.WaitAsync(swap), RunningProcess.KilledExitCode);
        await Poll.UntilAsync(
            $"the libvirtd of gen-{source.Number} to give the migration up",
            Moments.Limit,
            async token => (await source.VirshAsync(["domjobinfo", guest.Uuid], token)).Contains("None", StringComparison.Ordinal),
            () => "a job",
            run.Token);
        run.Require(await source.StateAsync(guest, run.Token) is "paused", $"{guest.Name} is not paused in gen-{source.Number}");

        void Act()
        {
            swap.Send(Signal.Kill);
            Native.Send(libvirtd, Signal.Kill);
        }
    }

    private static async Task AtPointAsync(FaultRun run, string point, bool back)
    {
        var swap = await run.SwapAsync(point);
        run.FaultHappened();
        await EndAsync(run, swap, back);
    }

    private static async Task AtMessageAsync(FaultRun run, TapMoment moment, bool back)
    {
        var (swap, target) = await Handovers.HoldAsync(run);
        await using var tap = MigrationTap.Place(Handovers.PathsOf(run, target), moment, TapOrder.ActThenPass, () => swap.Send(Signal.Kill));
        swap.Send(Signal.Continue);
        await tap.ReachedAsync(run.Token);
        run.FaultHappened();
        await EndAsync(run, await run.WaitAsync(swap), back);
    }

    private static async Task EndAsync(FaultRun run, CommandResult swap, bool back)
    {
        run.RequireExit(swap, RunningProcess.KilledExitCode);
        await run.ResumeAsync(back);
        await SavedRam.RequireAsync(run, Handovers.GuestOf(run), save: back);
    }
}
