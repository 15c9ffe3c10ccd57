using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>The candidate's container dies: the swap fails, no container is left over, the VMs run where they were.</summary>
internal sealed class CandidateDies() : FaultCase(12, "candidate container dies in start, in transfer")
{
    /// <summary>The second effect on a generation in a swap: the first makes the candidate, this one starts it.</summary>
    private const string Started = "effect-end:generation:2";

    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("in start", WorldDesign.Usual, InStartAsync, cancellationToken);
        await bench.RunAsync("in transfer", WorldDesign.Slow, InTransferAsync, cancellationToken);
    }

    private static async Task InStartAsync(FaultRun run)
    {
        var swap = run.StartSwap($"{Started}=stop");
        await Moments.HeldAsync(run, swap, Started);
        await KillAsync(run, await Moments.CandidateAsync(run));
        swap.Send(Signal.Continue);
        await EndAsync(run, swap);
    }

    private static async Task InTransferAsync(FaultRun run)
    {
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, Moments.SlowGuest(run));
        await KillAsync(run, await Moments.CandidateAsync(run));
        await EndAsync(run, swap);
    }

    private static async Task KillAsync(FaultRun run, Generation candidate)
    {
        await DockerCli.RunAsync(["kill", candidate.Container], run.Token);
        run.FaultHappened();
    }

    private static async Task EndAsync(FaultRun run, RunningProcess swap)
    {
        run.RequireExit(await run.WaitAsync(swap), ExitCodes.FailedOldSide);
        run.Recovered();
        run.ExpectedImage = run.World.Image;
    }
}
