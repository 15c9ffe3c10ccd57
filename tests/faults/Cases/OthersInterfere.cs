using HostSwap.Faults.Worlds;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>Somebody else works with libvirt on the old side while VMs move: nothing of that is left behind.</summary>
internal sealed class OthersInterfere() : FaultCase(23, "VM started, defined or undefined by others in mid-swap")
{
    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("defined", WorldDesign.Slow, run => InterfereAsync(run, DefineAsync), cancellationToken);
        await bench.RunAsync("defined and started", WorldDesign.Slow, run => InterfereAsync(run, DefineAndStartAsync), cancellationToken);
        await bench.RunAsync("started", WorldDesign.Slow, run => InterfereAsync(run, StartAsync), cancellationToken);
        await bench.RunAsync("undefined", WorldDesign.Slow, run => InterfereAsync(run, UndefineAsync), cancellationToken);
        await bench.RunAsync("undefined while hostctl was dead", WorldDesign.Slow, UndefineWhileDeadAsync, cancellationToken);
    }

    private static async Task InterfereAsync(FaultRun run, Func<FaultRun, Generation, Task> interfere)
    {
        run.World.IsSpoilt = true;
        var source = await Moments.SourceAsync(run);
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, Moments.SlowGuest(run));
        run.FaultHappened();
        await interfere(run, source);
        await run.SettleAsync(await run.WaitAsync(swap));
    }

    private static async Task UndefineWhileDeadAsync(FaultRun run)
    {
        run.World.IsSpoilt = true;
        var source = await Moments.SourceAsync(run);
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, Moments.SlowGuest(run));
        swap.Send(Signal.Kill);
        run.FaultHappened();
        await run.WaitAsync(swap);
        await UndefineAsync(run, source);
        await run.ReleaseAsync();
        // Neither side knows it any more, which somebody must be told once; the others go on.
        var resume = await run.HostctlAsync(["resume", "--yes"]);
        run.Recovered();
        run.RequireExit(resume, ExitCodes.Done, ExitCodes.NeedsPerson);
        run.ExpectedImage = run.World.OtherImage;
    }

    private static async Task DefineAsync(FaultRun run, Generation source)
    {
        var guest = await run.Lab.PrepareGuestAsync(source, new GuestSpec("newcomer") { State = GuestState.ShutOff }, run.Token);
        await OuterHostLab.DefineAsync(source, guest, run.Token);
        run.Expected[guest] = new Expectation(GuestState.ShutOff);
    }

    private static async Task DefineAndStartAsync(FaultRun run, Generation source)
    {
        var guest = await run.Lab.PrepareGuestAsync(source, new GuestSpec("newcomer"), run.Token);
        await OuterHostLab.DefineAsync(source, guest, run.Token);
        run.Expected[guest] = new Expectation(GuestState.Running);
    }

    private static async Task StartAsync(FaultRun run, Generation source)
    {
        var guest = Moments.GuestNamed(run, WorldDesign.SpareGuest);
        await source.VirshAsync(["start", guest.Uuid], run.Token);
        run.Expected[guest] = new Expectation(GuestState.Running);
    }

    private static async Task UndefineAsync(FaultRun run, Generation source)
    {
        var guest = Moments.GuestNamed(run, WorldDesign.SpareGuest);
        await source.VirshAsync(["undefine", guest.Uuid], run.Token);
        run.Expected[guest] = new Expectation(State: null);
    }
}
