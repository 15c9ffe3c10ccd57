using HostSwap.Faults.Worlds;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// A VM that must not move live is stopped, carried over and started again: restarted, or saved and restored. hostctl is killed
/// right before, and right after, each of these: it must run again wherever it ends up, a saved one where it was, and nothing else
/// may have been started.
/// </summary>
internal sealed class KilledInRestart(string policy, string stop) : FaultCase(22, $"{policy}: hostctl killed")
{
    public override TimeSpan Limit => TimeSpan.FromMinutes(20);

    public override bool InQuickPart => false;

    /// <summary>One case for each policy that stops VMs.</summary>
    public static IEnumerable<FaultCase> All() => [new KilledInRestart("restart", "shut-down"), new KilledInRestart("save-restore", "save")];

    public override Task RunAsync(FaultBench bench, CancellationToken cancellationToken) =>
        bench.RunAroundAsync([stop, "define", "start-again"], WorldDesign.Pinned(policy), AtAsync, backFirst: false, cancellationToken);

    private async Task AtAsync(FaultRun run, string point, bool back)
    {
        run.Expected[Moments.GuestNamed(run, WorldDesign.PinnedGuest)] = new Expectation(GuestState.Running, NewLife: policy is "restart");
        run.RequireExit(await run.SwapAsync(point), RunningProcess.KilledExitCode);
        run.FaultHappened();
        await run.ResumeAsync(back);
    }
}
