using HostSwap.Faults.Worlds;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>A daemon of a host container is killed in mid-transfer; systemd starts it again.</summary>
internal static class KilledDaemon
{
    /// <summary>Whatever the swap makes of it, no VM is lost, and it can be brought to an end.</summary>
    public static async Task RunAsync(FaultRun run, string unit, bool onTarget, bool suspended = false)
    {
        var (guest, source) = (Moments.SlowGuest(run), await Moments.SourceAsync(run));
        await using var suspension = suspended ? new SuspensionWatch(run, source, guest) : null;
        var swap = run.StartSwap();
        await Moments.TransferAsync(run, swap, guest);
        var side = onTarget ? await Moments.CandidateAsync(run) : source;
        var held = suspension is null ? 0 : await suspension.HoldAsync();
        run.FaultHappened();
        await side.RunAsync(["systemctl", "kill", "--signal=KILL", "--kill-whom=main", unit], run.Token);
        if (held != 0) Native.Send(held, Signal.Continue);
        await run.SettleAsync(await run.WaitAsync(swap));
    }
}

/// <summary>libvirtd is killed on either side.</summary>
internal sealed class LibvirtdKilled() : FaultCase(5, "libvirtd killed on either side in transfer")
{
    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        foreach (var suspended in new[] { false, true })
        {
            var when = suspended ? "after the suspension" : "in transfer";
            var design = suspended ? WorldDesign.Big : WorldDesign.Slow;
            await bench.RunAsync($"the source's, {when}", design, run => KilledDaemon.RunAsync(run, "libvirtd.service", onTarget: false, suspended), cancellationToken);
            await bench.RunAsync($"the target's, {when}", design, run => KilledDaemon.RunAsync(run, "libvirtd.service", onTarget: true, suspended), cancellationToken);
        }
    }
}

/// <summary>libvirt-dbus is killed, which hostctl's call goes through: libvirt's migration goes on without it.</summary>
internal sealed class BusServiceKilled() : FaultCase(6, "libvirt-dbus killed during the call")
{
    public override bool InQuickPart => false;

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await bench.RunAsync("the source's", WorldDesign.Slow, run => KilledDaemon.RunAsync(run, "libvirt-dbus.service", onTarget: false), cancellationToken);
        await bench.RunAsync("the target's", WorldDesign.Slow, run => KilledDaemon.RunAsync(run, "libvirt-dbus.service", onTarget: true), cancellationToken);
    }
}
