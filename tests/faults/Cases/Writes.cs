using HostSwap.Lab;
using HostSwap.Lab.Hosts;

namespace HostSwap.Faults.Cases;

/// <summary>hostctl's journal writes as fault points.</summary>
internal static class Writes
{
    /// <summary>Right before a write.</summary>
    public const string Before = "journal-write";

    /// <summary>Right after a write is durable.</summary>
    public const string After = "journal-written";

    /// <summary>Counts those of a swap that comes through.</summary>
    public static async Task<int> CountAsync(FaultRun run) =>
        (await LogAsync(run)).Count(static line => line.EndsWith($" {After}", StringComparison.Ordinal));

    /// <summary>Every fault point that a swap comes past, in order, each as <c>N POINT</c>.</summary>
    public static async Task<IReadOnlyList<string>> LogAsync(FaultRun run)
    {
        var log = Path.Join(run.Lab.Root, "fault-points.log");
        File.Delete(log);
        var swap = await run.SwapAsync(faultLog: log);
        run.RequireExit(swap, ExitCodes.Done);
        return DockerCli.Lines(await File.ReadAllTextAsync(log, run.Token));
    }
}
