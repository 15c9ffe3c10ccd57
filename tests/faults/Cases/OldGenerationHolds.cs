using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>While the old generation soaks, somebody leaves a VM, or a bare QEMU process, in it: it is not stopped.</summary>
internal sealed class OldGenerationHolds() : FaultCase(24, "a domain or a QEMU process remains in the old generation")
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("a domain", WorldDesign.Soaking, LeaveDomainAsync, cancellationToken);
        await bench.RunAsync("a QEMU process", WorldDesign.Soaking, LeaveProcessAsync, cancellationToken);
        await bench.RunAsync("a VM started after the last look", WorldDesign.Soaking, StartAfterLookAsync, cancellationToken);
        await bench.RunAsync("killed while it is closed", WorldDesign.Soaking, KilledWhileClosedAsync, cancellationToken);
    }

    /// <summary>retire has found the generation empty; then somebody starts a VM there, which must run on.</summary>
    private static async Task StartAfterLookAsync(FaultRun run)
    {
        const string Stop = "effect-begin:close:1";
        run.World.IsSpoilt = true;
        var old = await SwapAsync(run);
        var retire = run.Start(["retire", "--now"], $"{Stop}=stop");
        await Moments.HeldAsync(run, retire, Stop);
        var guest = await run.Lab.AddGuestAsync(old, new GuestSpec("latecomer") { Persistent = false }, run.Token);
        retire.Send(Signal.Continue);
        var refused = await run.WaitAsync(retire);
        run.Require(refused.ExitCode is not ExitCodes.Done, "a generation in which a VM was started was stopped");
        run.Require(refused.Error.Contains(guest.Uuid, StringComparison.Ordinal), $"retire does not say what holds it: {refused.Error}");
        run.Require(await old.StateAsync(guest, run.Token) is "running", "libvirt of the old generation does not answer for the VM that holds it");
        await OuterHostLab.WaitForTicksAsync(guest, 5, run.Token);
        await old.VirshAsync(["destroy", guest.Uuid], run.Token);
        await RetireAsync(run);
    }

    /// <summary>retire dies once libvirt is stopped in the old generation; a rollback must find it fit to take the VMs.</summary>
    private static async Task KilledWhileClosedAsync(FaultRun run)
    {
        const string Closed = "effect-end:close:1";
        await SwapAsync(run);
        run.RequireExit(await run.HostctlAsync(["retire", "--now"], $"{Closed}=kill"), RunningProcess.KilledExitCode);
        run.FaultHappened();
        run.RequireExit(await run.HostctlAsync(["rollback", "--yes"]), ExitCodes.Done);
        run.Recovered();
        run.ExpectedImage = run.World.Image;
        // Now the other one soaks.
        await RetireAsync(run);
    }

    private static async Task LeaveDomainAsync(FaultRun run)
    {
        run.World.IsSpoilt = true;
        var old = await SwapAsync(run);
        var guest = await run.Lab.AddGuestAsync(old, new GuestSpec("straggler"), run.Token);
        await RequireRefusalAsync(run, "straggler");
        await old.VirshAsync(["destroy", guest.Uuid], run.Token);
        await RequireRefusalAsync(run, "straggler");
        await old.VirshAsync(["undefine", guest.Uuid], run.Token);
        await RetireAsync(run);
    }

    private static async Task LeaveProcessAsync(FaultRun run)
    {
        var old = await SwapAsync(run);
        var uuid = Guid.NewGuid();
        // As libvirt names one, but started past it, so that no libvirt knows of it.
        await using var qemu = new RunningProcess(
            "docker",
            ["exec", old.Container, "qemu-system-x86_64", "-name", "bare", "-uuid", uuid.ToString("D"), "-machine", "none", "-S", "-display", "none", "-nodefaults"]);
        await Poll.UntilAsync(
            "a QEMU process without libvirt", Patience, _ => Task.FromResult(PidOf(uuid) is not null), () => "none", run.Token);
        await RequireRefusalAsync(run, "QEMU process");
        Native.Send(PidOf(uuid)!.Value, Signal.Kill);
        await Poll.UntilAsync("it to end", Patience, _ => Task.FromResult(PidOf(uuid) is null), () => "it runs", run.Token);
        await RetireAsync(run);
    }

    private static async Task<Generation> SwapAsync(FaultRun run)
    {
        var old = await Moments.SourceAsync(run);
        run.RequireExit(await run.SwapAsync(), ExitCodes.Done);
        run.ExpectedImage = run.World.OtherImage;
        return old;
    }

    private static async Task RequireRefusalAsync(FaultRun run, string what)
    {
        var refused = await run.HostctlAsync(["retire", "--now"]);
        run.Require(refused.ExitCode is not (ExitCodes.Done or ExitCodes.NothingToDo), "an old generation that holds something was retired");
        run.Require(refused.Error.Contains(what, StringComparison.Ordinal), $"retire does not say what holds it: {refused.Error}");
        var status = await run.Lab.Hostctl.StatusAsync(run.Token);
        run.Require(
            status.Generations.Single(generation => generation.Number == run.World.Active).State is not "stopped", "the old generation was stopped");
    }

    private static async Task RetireAsync(FaultRun run) => run.RequireExit(await run.HostctlAsync(["retire", "--now"]), ExitCodes.Done);

    private static int? PidOf(Guid uuid) =>
        HostSwap.Lab.Witnessing.QemuProcess.All().Where(process => process.Uuid == uuid).Select(static process => (int?)process.Pid).FirstOrDefault();
}
