using HostSwap.Faults.Worlds;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// A VM moves without a device, and gets it back. hostctl is killed right before, and right after, either: the VM must have its
/// device wherever it ends up.
/// </summary>
internal sealed class KilledInDetach() : FaultCase(22, "detach-reattach: hostctl killed")
{
    public override TimeSpan Limit => TimeSpan.FromMinutes(20);

    public override bool InQuickPart => false;

    public override Task RunAsync(FaultBench bench, CancellationToken cancellationToken) =>
        bench.RunAroundAsync(["detach", "attach"], WorldDesign.Plugged, AtAsync, backFirst: false, cancellationToken);

    private static async Task AtAsync(FaultRun run, string point, bool back)
    {
        run.RequireExit(await run.SwapAsync(point), RunningProcess.KilledExitCode);
        run.FaultHappened();
        await run.ResumeAsync(back);
        var guest = Moments.GuestNamed(run, WorldDesign.PluggedGuest);
        var active = await run.Lab.ActiveAsync(run.Token);
        run.Require((await active.VirshAsync(["dumpxml", guest.Uuid], run.Token)).Contains("<shmem", StringComparison.Ordinal), $"{guest.Name} has lost its device in gen-{active.Number}");
    }
}
