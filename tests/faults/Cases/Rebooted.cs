using System.Globalization;
using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;

namespace HostSwap.Faults.Cases;

/// <summary>
/// The power of the outer host is cut before and after every side effect of a swap, and in mid-transfer. At the boot after
/// it, before anybody resumes anything, each VM that starts by itself must run in exactly one generation, and no other.
/// </summary>
internal sealed class Rebooted() : FaultCase(14, "outer host rebooted in mid-swap")
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    /// <summary>Where in a swap the quick part does it, in percent of its side effects.</summary>
    private static readonly IReadOnlyList<int> Sample = [45, 70];

    public override TimeSpan Limit => TimeSpan.FromMinutes(90);

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> points = [];
        await bench.RunAsync(
            "not rebooted, to list the effects", WorldDesign.Bootable, async run => points = await EffectsAsync(run), cancellationToken);
        var chosen = bench.Quick ? Sample.Select(percent => points[points.Count * percent / 100]) : points;
        var back = false;
        foreach (var point in chosen)
        {
            if (bench.HasFailedOften) return;
            await bench.RunAsync($"{point}, then {(back ? "back" : "on")}", WorldDesign.Bootable, run => CutAtAsync(run, point, back), cancellationToken);
            back = !back;
        }

        if (bench.Quick) return;
        foreach (var way in new[] { false, true })
            await bench.RunAsync($"in mid-transfer, then {(way ? "back" : "on")}", WorldDesign.Slow, run => CutInTransferAsync(run, way), cancellationToken);
    }

    private static async Task CutAtAsync(FaultRun run, string point, bool back)
    {
        var swap = await run.SwapAsync($"{point}=kill");
        run.RequireExit(swap, RunningProcess.KilledExitCode);
        await BootAsync(run);
        await run.ResumeAsync(back);
    }

    private static async Task CutInTransferAsync(FaultRun run, bool back)
    {
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, Moments.SlowGuest(run));
        swap.Send(Signal.Kill);
        await run.WaitAsync(swap);
        await BootAsync(run);
        await run.ReleaseAsync();
        await run.ResumeAsync(back);
    }

    private static async Task BootAsync(FaultRun run)
    {
        run.FaultHappened();
        await PrivateEngine.CutPowerAsync(run.Lab, run.Token);
        foreach (var guest in run.Lab.Guests) EndLife(run, guest);
        run.RequireExit(await run.HostctlAsync(["start"]), ExitCodes.Done);
        foreach (var guest in run.Lab.Guests.Where(static guest => guest.Spec.Autostart)) await RequireOneAsync(run, guest);
        foreach (var guest in run.Lab.Guests.Where(static guest => !guest.Spec.Autostart))
            run.Require(Count(guest) == 0, $"{guest.Name} does not start by itself, and runs after the boot");
    }

    /// <summary>Up to the cut it must have lived undisturbed; after it, its console begins anew.</summary>
    private static void EndLife(FaultRun run, Guest guest)
    {
        run.Expected[guest] = new Expectation(guest.Spec.Autostart ? GuestState.Running : GuestState.ShutOff);
        if (!File.Exists(guest.ConsoleLog)) return;
        foreach (var problem in guest.ReadLog().Judge().Problems) run.Require(false, $"{guest.Name}, before the power was cut: {problem}");
        File.Delete(guest.ConsoleLog);
    }

    private static async Task RequireOneAsync(FaultRun run, Guest guest)
    {
        try
        {
            await Poll.UntilAsync(
                $"{guest.Name} to start by itself",
                StartLimit,
                _ => Task.FromResult(Count(guest) > 0),
                () => "no QEMU runs it",
                run.Token);
            await OuterHostLab.WaitForTicksAsync(guest, 3, run.Token);
        }
        catch (LabException exception)
        {
            run.Lost(guest, exception.Message);
        }

        run.Require(Count(guest) == 1, string.Create(CultureInfo.InvariantCulture, $"{guest.Name} runs in {Count(guest)} generations after the boot"));
    }

    private static int Count(Guest guest) => QemuProcess.All().Count(process => process.Uuid == guest.Spec.Uuid);

    /// <summary>The begin and the end of every side effect of a swap, as rules name them.</summary>
    private static async Task<IReadOnlyList<string>> EffectsAsync(FaultRun run) =>
    [
        .. (await Writes.LogAsync(run))
            .Select(static line => line.Split(' '))
            .Where(static words => words[1].StartsWith("effect-", StringComparison.Ordinal))
            .Select(static words => $"{words[1]}:{words[0]}"),
    ];
}
