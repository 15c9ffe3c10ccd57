using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>Of many VMs that move beside each other one fails: the others finish, and never more move than may.</summary>
internal sealed class OneOfMany() : FaultCase(21, "many VMs in parallel, one fails")
{
    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("with --on-failure continue", WorldDesign.Many, ContinueAsync, cancellationToken);
        await bench.RunAsync("with --on-failure rollback", WorldDesign.Many, RollBackAsync, cancellationToken);
    }

    private static async Task ContinueAsync(FaultRun run)
    {
        var result = await FailOneAsync(run, "continue");
        run.RequireExit(result, ExitCodes.FailedBothSides);
        var status = await run.Lab.Hostctl.StatusAsync(run.Token);
        var behind = status.Vms.Count(vm => vm.Generation == run.World.Active);
        run.Require(behind == 1, $"{behind} VMs have stayed behind instead of one");
        await run.SettleAsync(result);
    }

    private static async Task RollBackAsync(FaultRun run)
    {
        var result = await FailOneAsync(run, "rollback");
        run.RequireExit(result, ExitCodes.FailedOldSide);
        run.Recovered();
        run.ExpectedImage = run.World.Image;
    }

    private static async Task<CommandResult> FailOneAsync(FaultRun run, string policy)
    {
        var swap = run.StartSwap(null, "--on-failure", policy);
        // The second half of the VMs is still to come then.
        var change = await Moments.EventAsync(run, swap, "a transfer after the first ones", Later());
        var guest = Moments.GuestNamed(run, change.Name!);
        Native.Send(await Moments.QemuAsync(run, await Moments.CandidateAsync(run), guest), Signal.Kill);
        run.FaultHappened();
        var result = await run.WaitAsync(swap);
        RequireCap(run, result);
        return result;
    }

    private static Func<EventView, bool> Later()
    {
        var arrived = new HashSet<string>(StringComparer.Ordinal);
        return change =>
        {
            if (change is { Event: "moveChanged", State: "verified" }) arrived.Add(change.Name!);
            return change is { Event: "moveProgress", ProcessedBytes: > 0 } && arrived.Count > 0 && !arrived.Contains(change.Name!);
        };
    }

    private static void RequireCap(FaultRun run, CommandResult result)
    {
        var (most, moving) = (0, new HashSet<string>(StringComparer.Ordinal));
        foreach (var change in HostctlRunner.Events(result.Output).Where(static change => change is { Event: "moveChanged", Name: not null }))
        {
            if (change.State is "moving") moving.Add(change.Name!);
            else moving.Remove(change.Name!);
            most = Math.Max(most, moving.Count);
        }

        run.Require(most == WorldDesign.ManyAtOnce, $"up to {most} VMs moved at once, and {WorldDesign.ManyAtOnce} should");
    }
}
