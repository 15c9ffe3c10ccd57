using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>A guest dirties memory faster than it is sent: the ladder is climbed, and what its deadline says is done.</summary>
internal sealed class NeverConverges() : FaultCase(19, "dirty-memory load that never converges")
{
    private static readonly string[] Climb = ["bandwidth", "downtime", "downtime"];

    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("policy stay", WorldDesign.Restless("stay"), StayAsync, cancellationToken);
        await bench.RunAsync("policy pause", WorldDesign.Restless("pause"), run => ArriveAsync(run, "pause"), cancellationToken);
        await bench.RunAsync("policy pause, killed while the guest stands still", WorldDesign.Restless("pause"), KillAsync, cancellationToken);
        using var allowed = UserFaults.Allow();
        await bench.RunAsync("policy postcopy", WorldDesign.Restless("postcopy"), run => ArriveAsync(run, "post-copy"), cancellationToken);
    }

    private static async Task StayAsync(FaultRun run)
    {
        var result = await run.SwapAsync();
        run.RequireExit(result, ExitCodes.FailedOldSide);
        RequireRungs(run, result, [.. Climb, "stay"]);
        run.Recovered();
        run.ExpectedImage = run.World.Image;
    }

    private static async Task ArriveAsync(FaultRun run, string last)
    {
        var result = await run.SwapAsync();
        run.RequireExit(result, ExitCodes.Done);
        RequireRungs(run, result, [.. Climb, last]);
        run.ExpectedImage = run.World.OtherImage;
    }

    /// <summary>libvirt alone lets it run again on arrival.</summary>
    private static async Task KillAsync(FaultRun run)
    {
        var swap = run.StartSwap();
        await Moments.EventAsync(run, swap, "the guest to be suspended", static change => change is { Event: "moveClimbed", Rung: "pause" });
        swap.Send(Signal.Kill);
        run.FaultHappened();
        await run.WaitAsync(swap);
        await run.ResumeAsync(back: false);
    }

    private static void RequireRungs(FaultRun run, CommandResult result, IReadOnlyList<string> expected)
    {
        var rungs = HostctlRunner.Events(result.Output).Where(static line => line.Event is "moveClimbed").Select(static line => line.Rung).ToList();
        run.Require(rungs.SequenceEqual(expected, StringComparer.Ordinal), $"it climbed to [{string.Join(", ", rungs)}] instead of [{string.Join(", ", expected)}]");
    }
}
