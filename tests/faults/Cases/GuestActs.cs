using HostSwap.Faults.Worlds;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;

namespace HostSwap.Faults.Cases;

/// <summary>The guest itself powers off, or reboots, while it is being sent: it is not brought back, and not lost.</summary>
internal sealed class GuestActs() : FaultCase(18, "guest powers off, or reboots, in transfer")
{
    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("powers off", WorldDesign.Slow, run => ActAsync(run, "shutdown", new Expectation(GuestState.ShutOff)), cancellationToken);
        await bench.RunAsync("reboots", WorldDesign.Slow, run => ActAsync(run, "reset", new Expectation(GuestState.Running, NewLife: true)), cancellationToken);
    }

    private static async Task ActAsync(FaultRun run, string verb, Expectation expected)
    {
        var (guest, source) = (Moments.SlowGuest(run), await Moments.SourceAsync(run));
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, guest);
        await source.VirshAsync([verb, guest.Uuid], run.Token);
        run.Expected[guest] = expected;
        // A guest that has been reset begins to fill its memory anew, in its own time.
        run.World.IsSpoilt = expected.NewLife;
        await run.SettleAsync(await run.WaitAsync(swap));
    }
}
