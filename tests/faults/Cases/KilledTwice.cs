using System.Globalization;
using HostSwap.Faults.Worlds;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// hostctl is killed at its Nth journal write, and <c>resume</c> at its Mth. N runs through all; M rises from run to run until
/// a resumption comes through, and begins again, so that all M are met on the way, and often.
/// </summary>
internal sealed class KilledTwice() : FaultCase(9, "killed again during resume")
{
    private static readonly IReadOnlyList<(int First, int Second)> Sample = [(12, 4), (21, 9)];

    public override TimeSpan Limit => TimeSpan.FromMinutes(60);

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        if (bench.Quick)
        {
            foreach (var (first, second) in Sample) await KillAsync(bench, first, second, cancellationToken);
            return;
        }

        var again = 1;
        for (var number = 1; number < KilledAtEveryWrite.TooMany && !bench.HasFailedOften; number++)
        {
            var (through, resumed) = await KillAsync(bench, number, again, cancellationToken);
            if (through) return;
            again = resumed ? 1 : again + 1;
        }
    }

    /// <summary>Whether the swap came through before it was killed, and whether the resumption did.</summary>
    private static async Task<(bool Through, bool Resumed)> KillAsync(FaultBench bench, int first, int second, CancellationToken cancellationToken)
    {
        var (through, resumed) = (false, false);
        // The other way round than in case 8, where even ones go back.
        var back = first % 2 == 1;
        var point = second % 2 == 0 ? Writes.Before : Writes.After;
        await bench.RunAsync(
            string.Create(CultureInfo.InvariantCulture, $"{Writes.After}:{first}, then {point}:{second} of resume {(back ? "back" : "on")}"),
            WorldDesign.Usual,
            async run =>
            {
                var swap = await run.SwapAsync(string.Create(CultureInfo.InvariantCulture, $"{Writes.After}:{first}=kill"));
                through = swap.ExitCode == ExitCodes.Done;
                if (through) return;
                run.RequireExit(swap, RunningProcess.KilledExitCode);
                run.FaultHappened(string.Create(CultureInfo.InvariantCulture, $"{Writes.After}:{first}"));
                var resume = await run.HostctlAsync(
                    ["resume", "--yes", .. back ? ["--rollback"] : Array.Empty<string>()],
                    string.Create(CultureInfo.InvariantCulture, $"{point}:{second}=kill"));
                resumed = resume.ExitCode is ExitCodes.Done or ExitCodes.NothingToDo;
                run.RequireExit(resume, RunningProcess.KilledExitCode, ExitCodes.Done, ExitCodes.NothingToDo);
                await run.ResumeAsync(back);
                // One that came through has left nothing to do; where everything is then follows from its course.
            },
            cancellationToken);
        return (through, resumed);
    }
}
