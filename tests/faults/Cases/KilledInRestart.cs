using HostSwap.Faults.Worlds;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// A VM that must not move live is shut down, carried over and started again. hostctl is killed right before, and right after,
/// each of these: it must run again wherever it ends up, and nothing else may have been started.
/// </summary>
internal sealed class KilledInRestart() : FaultCase(22, "restart: hostctl killed")
{
    private static readonly IReadOnlyList<string> Steps = ["shut-down", "define", "start-again"];

    public override TimeSpan Limit => TimeSpan.FromMinutes(20);

    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        foreach (var step in Steps)
        {
            foreach (var moment in new[] { "effect-begin", "effect-end" })
            {
                foreach (var back in new[] { false, true })
                    await bench.RunAsync($"{moment}:{step}, then {(back ? "back" : "on")}", WorldDesign.Pinned, run => AtAsync(run, $"{moment}:{step}=kill", back), cancellationToken);
            }
        }
    }

    private static async Task AtAsync(FaultRun run, string point, bool back)
    {
        run.Expected[Moments.GuestNamed(run, WorldDesign.PinnedGuest)] = new Expectation(GuestState.Running, NewLife: true);
        run.RequireExit(await run.SwapAsync(point), RunningProcess.KilledExitCode);
        run.FaultHappened();
        await run.ResumeAsync(back);
    }
}
