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
            await bench.RunAsync(
                $"with the new side's libvirtd, as it replies, then {(back ? "back" : "on")}; image lock", WorldDesign.Locked, run => WithLibvirtdAsync(run, back), cancellationToken);
        }
    }

    /// <summary>
    /// The new QEMU has executed, and the libvirtd that comes back ends it; the old one was refused the lock, and waits with RAM
    /// that has moved on. Nobody is left who held the image: it must not be resumed, nor carried over as if it were whole.
    /// </summary>
    private static async Task WithLibvirtdAsync(FaultRun run, bool back)
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
            $"the libvirtd of gen-{target.Number} to end the new QEMU",
            Moments.Limit,
            _ => Task.FromResult(QemuProcess.All().Count(process => process.Uuid == guest.Spec.Uuid) == 1),
            () => "two QEMUs",
            run.Token);

        IReadOnlyList<string> resume = ["resume", "--yes", .. back ? ["--rollback"] : Array.Empty<string>()];
        var refused = await run.HostctlAsync(resume);
        run.RequireExit(refused, ExitCodes.NeedsPerson);
        run.Require(refused.Error.Contains("is not to be trusted", StringComparison.Ordinal), $"it does not say what is the matter: {refused.Describe()}");
        run.Require(await source.StateAsync(guest, run.Token) is "paused", $"{guest.Name} was touched in gen-{source.Number}");

        await source.VirshAsync(["destroy", guest.Uuid], run.Token);
        run.Expected[guest] = new Expectation(GuestState.ShutOff);
        await run.ResumeAsync(back);

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
