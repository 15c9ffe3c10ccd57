using System.Globalization;
using HostSwap.Faults.Worlds;
using HostSwap.Lab.Hosts;

namespace HostSwap.Faults.Cases;

/// <summary>Ten swaps in a row, and swap, rollback, swap: what is there afterwards is what was there before.</summary>
internal sealed class NothingDrifts() : FaultCase(25, "ten swaps in a row; swap, rollback, swap")
{
    private const int Swaps = 10;

    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("ten swaps in a row", WorldDesign.Tidy, TenAsync, cancellationToken);
        await bench.RunAsync("swap, rollback, swap, and back", WorldDesign.Keeping, ThereAndBackAsync, cancellationToken);
    }

    private static async Task TenAsync(FaultRun run)
    {
        // The first two make what every later one finds: directories, libvirt's own files, a journal of full size.
        await SwapToAsync(run, run.World.OtherImage);
        await SwapToAsync(run, run.World.Image);
        var before = await Footprint.TakeAsync(run.Lab, run.Token);
        for (var number = 0; number < Swaps; number++)
            await SwapToAsync(run, number % 2 == 0 ? run.World.OtherImage : run.World.Image);
        Compare(run, before, await Footprint.TakeAsync(run.Lab, run.Token));
    }

    private static async Task ThereAndBackAsync(FaultRun run)
    {
        await OnceAsync(run);
        var before = await Footprint.TakeAsync(run.Lab, run.Token);
        await OnceAsync(run);
        Compare(run, before, await Footprint.TakeAsync(run.Lab, run.Token));
    }

    /// <summary>Ends where it began: in the older image, with no other generation left.</summary>
    private static async Task OnceAsync(FaultRun run)
    {
        await SwapToAsync(run, run.World.OtherImage);
        run.RequireExit(await run.HostctlAsync(["rollback", "--yes"]), ExitCodes.Done);
        await SwapToAsync(run, run.World.OtherImage);
        run.RequireExit(await run.HostctlAsync(["rollback", "--yes"]), ExitCodes.Done);
        run.ExpectedImage = run.World.Image;
        // Each swap has left a generation that is to be kept for a day; what remains once they are removed must not grow.
        await run.World.ResetAsync(run.Token);
    }

    private static async Task SwapToAsync(FaultRun run, string image)
    {
        run.RequireExit(await run.HostctlAsync(["swap", "--yes", "--image", image]), ExitCodes.Done);
        run.ExpectedImage = image;
    }

    private static void Compare(FaultRun run, Footprint before, Footprint after)
    {
        foreach (var drift in after.DriftFrom(before)) run.Require(false, drift);
        run.Note(string.Create(CultureInfo.InvariantCulture, $"journal: {before.JournalBytes} → {after.JournalBytes} bytes"));
    }
}
