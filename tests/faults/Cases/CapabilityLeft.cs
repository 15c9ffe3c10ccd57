using HostSwap.Faults.Handing;
using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// The part of row 27 about a capability that is left set: the doctor finds it, <c>resume</c> and the next swap clear it, and a
/// saved image then holds the guest's RAM.
/// </summary>
internal sealed class CapabilityLeft(FaultBench bench)
{
    /// <summary>Runs its variants.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await bench.RunAsync("capability set by somebody, then resume", WorldDesign.Locked, ThenResumeAsync, cancellationToken);
        await bench.RunAsync("capability set by somebody, then a handover", WorldDesign.Locked, run => ThenSwapAsync(run, copy: false), cancellationToken);
        await bench.RunAsync("capability set by somebody, then a copy", WorldDesign.Locked, run => ThenSwapAsync(run, copy: true), cancellationToken);
        foreach (var (fence, design) in Handovers.Fences)
            foreach (var back in new[] { false, true })
                await bench.RunAsync($"hostctl killed once it is set, then {(back ? "back" : "on")}; {fence}", design, run => KilledAsync(run, back), cancellationToken);
    }

    private static async Task ThenResumeAsync(FaultRun run)
    {
        var guest = Handovers.GuestOf(run);
        await SavedRam.LeaveOutAsync(run, await Moments.SourceAsync(run), guest);
        run.FaultHappened();
        await SavedRam.RequireFoundAsync(run, guest);
        run.RequireExit(await run.HostctlAsync(["resume", "--yes"]), ExitCodes.Done);
        run.Recovered();
        await SavedRam.RequireAsync(run, guest);
        run.ExpectedImage = run.World.Image;
    }

    private static async Task ThenSwapAsync(FaultRun run, bool copy)
    {
        var (guest, source) = (Handovers.GuestOf(run), await Moments.SourceAsync(run));
        await SavedRam.LeaveOutAsync(run, source, guest);
        run.FaultHappened();
        if (copy)
        {
            foreach (var file in Directory.EnumerateFiles(Handovers.PathsOf(run, source).Memory, "*.ram", SearchOption.AllDirectories))
                File.Delete(file);
        }

        var result = await run.SwapAsync();
        run.RequireExit(result, ExitCodes.Done);
        await run.SettleAsync(result);
        var move = await Handovers.MoveAsync(run);
        run.Require(move.State is "verified" && move.Method == (copy ? "copy" : "handover"), $"it was moved by {move.Method}, and is {move.State}: {move.Reason}");
        await SavedRam.RequireAsync(run, guest);
    }

    /// <summary>
    /// Both QEMUs have been told, the hook has had its answers, and nothing has been sent: then hostctl dies, and with the two
    /// libvirts' connection the handover.
    /// </summary>
    private static async Task KilledAsync(FaultRun run, bool back)
    {
        var (guest, source) = (Handovers.GuestOf(run), await Moments.SourceAsync(run));
        var (swap, target) = await Handovers.HoldAsync(run);
        await using (var tap = MigrationTap.Place(Handovers.PathsOf(run, target), TapMoment.PrepareAnswered, TapOrder.ActAndLose, () => swap.Send(Signal.Kill)))
        {
            swap.Send(Signal.Continue);
            await tap.ReachedAsync(run.Token);
        }

        run.FaultHappened();
        await run.WaitAsync(swap);
        await Poll.UntilAsync(
            $"libvirt to give the handover of {guest.Name} up",
            TimeSpan.FromMinutes(1),
            async token => !(await target.DomainsAsync(token)).Contains(guest.Spec.Uuid),
            () => "it still waits on the new side",
            run.Token);
        run.Require(await source.StateAsync(guest, run.Token) is "running", $"{guest.Name} does not run on in gen-{source.Number}");
        await SavedRam.RequireFoundAsync(run, guest);
        await run.ResumeAsync(back);
        await SavedRam.RequireAsync(run, guest);
    }
}
