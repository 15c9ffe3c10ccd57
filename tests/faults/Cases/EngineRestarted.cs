using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>Docker is restarted; the host containers live on, and so must the swap, or it can be resumed.</summary>
internal sealed class EngineRestarted() : FaultCase(13, "Docker restarted between steps and in transfer")
{
    /// <summary>Before the candidate is made, before it is started, before a VM moves, before the old generation is stopped.</summary>
    private static readonly IReadOnlyList<string> Steps =
        ["effect-begin:generation:1", "effect-begin:generation:2", "effect-begin:migrate:1", "effect-end:activate:2"];

    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        foreach (var step in Steps)
        {
            await bench.RunAsync($"restarted at {step}", WorldDesign.Usual, run => BetweenAsync(run, step), cancellationToken);
            await bench.RunAsync($"down at {step}", WorldDesign.Usual, run => WhileDownAsync(run, step), cancellationToken);
        }

        await bench.RunAsync("restarted in transfer", WorldDesign.Slow, InTransferAsync, cancellationToken);
    }

    private static async Task BetweenAsync(FaultRun run, string step)
    {
        var swap = run.StartSwap($"{step}=stop");
        await Moments.HeldAsync(run, swap, step);
        run.FaultHappened();
        await PrivateEngine.RestartAsync([], run.Token);
        swap.Send(Signal.Continue);
        await run.SettleAsync(await run.WaitAsync(swap));
    }

    /// <summary>hostctl goes on while the engine is down, and so meets its absence for as long as the restart takes.</summary>
    private static async Task WhileDownAsync(FaultRun run, string step)
    {
        var swap = run.StartSwap($"{step}=stop");
        await Moments.HeldAsync(run, swap, step);
        run.FaultHappened();
        await PrivateEngine.RestartAsync(["kill", "-CONT", swap.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture)], run.Token);
        await run.SettleAsync(await run.WaitAsync(swap));
    }

    private static async Task InTransferAsync(FaultRun run)
    {
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, Moments.SlowGuest(run));
        run.FaultHappened();
        await PrivateEngine.RestartAsync([], run.Token);
        await run.SettleAsync(await run.WaitAsync(swap));
    }
}
