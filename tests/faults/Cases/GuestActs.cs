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
        await bench.RunAsync("powers off", WorldDesign.Acting, run => ActAsync(run, SysRq.PowerOff, new Expectation(GuestState.ShutOff)), cancellationToken);
        await bench.RunAsync("reboots", WorldDesign.Acting, run => ActAsync(run, SysRq.Reboot, new Expectation(GuestState.Running, NewLife: true)), cancellationToken);
    }

    private static async Task ActAsync(FaultRun run, char action, Expectation expected)
    {
        var (guest, source) = (Moments.SlowGuest(run), await Moments.SourceAsync(run));
        var act = await SysRq.PrepareAsync(source, guest, action, run.Token);
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, guest);
        run.FaultHappened();
        await act();
        run.Expected[guest] = expected;
        run.World.IsSpoilt = true;
        await run.SettleAsync(await run.WaitAsync(swap));
    }
}
