using System.Globalization;
using HostSwap.Faults.Worlds;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// hostctl is killed at its Nth journal write, N = 1, 2, … until a swap comes through: right before the write, when an
/// effect has come about of which nothing is recorded, and right after it, when an effect is recorded that never comes. Every
/// other time the VMs are to go back.
/// </summary>
internal sealed class KilledAtEveryWrite() : FaultCase(8, "hostctl killed at the Nth journal write")
{
    /// <summary>No swap of a few VMs makes so many.</summary>
    public const int TooMany = 500;

    /// <summary>Where in a swap the quick part kills it, in percent of its journal writes.</summary>
    private static readonly IReadOnlyList<int> Sample = [15, 45, 65, 85];

    public override TimeSpan Limit => TimeSpan.FromMinutes(90);

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        if (bench.Quick || bench.KillPoints.Count > 0)
        {
            var points = bench.KillPoints.Count > 0 ? bench.KillPoints : await SampleAsync(bench, cancellationToken);
            foreach (var number in points) await KillAsync(bench, number % 3 == 0 ? Writes.Before : Writes.After, number, cancellationToken);
            return;
        }

        foreach (var point in new[] { Writes.After, Writes.Before })
        {
            for (var number = 1; number < TooMany && !bench.HasFailedOften; number++)
                if (await KillAsync(bench, point, number, cancellationToken)) break;
        }
    }

    /// <summary>Kills it there; true where the swap came through before it got there.</summary>
    private static async Task<bool> KillAsync(FaultBench bench, string point, int number, CancellationToken cancellationToken)
    {
        var through = false;
        var back = number % 2 == 0;
        var killPoint = string.Create(CultureInfo.InvariantCulture, $"{point}:{number}");
        await bench.RunAsync(
            $"{killPoint}, then {(back ? "back" : "on")}",
            WorldDesign.Usual,
            async run =>
            {
                var swap = await run.SwapAsync($"{killPoint}=kill");
                through = swap.ExitCode == ExitCodes.Done;
                if (through) return;
                run.FaultHappened(killPoint);
                run.RequireExit(swap, RunningProcess.KilledExitCode);
                await run.ResumeAsync(back);
            },
            cancellationToken);
        return through;
    }

    private static async Task<IReadOnlyList<int>> SampleAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        var writes = 0;
        await bench.RunAsync("not killed, to count the writes", WorldDesign.Usual, async run => writes = await Writes.CountAsync(run), cancellationToken);
        return [.. Sample.Select(percent => writes * percent / 100)];
    }
}
