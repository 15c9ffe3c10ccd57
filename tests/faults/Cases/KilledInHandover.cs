using HostSwap.Faults.Handing;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

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
