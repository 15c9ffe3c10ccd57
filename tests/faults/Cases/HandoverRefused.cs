using System.Globalization;
using HostSwap.Faults.Handing;
using HostSwap.Faults.Worlds;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// A handover that would lose the guest's RAM, or that nobody watches over, is refused while the guest still runs where it was;
/// then its RAM is copied, and the report says why.
/// </summary>
internal sealed class HandoverRefused() : FaultCase(27, "handover: wrong, missing or fresh RAM file; hook fails; capability left set")
{
    /// <summary>libvirt's name for the guest's one RAM block.</summary>
    private const string Block = "pc.ram";

    private const string HookDirectory = "/etc/libvirt/hooks/qemu.d";

    public override bool InQuickPart => false;

    public override TimeSpan Limit => TimeSpan.FromMinutes(30);

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        await RunAsync("a fresh RAM file on the new side", "is not the file that the VM has as RAM", (run, target) => PutFileAsync(run, target, ": > \"$1\""));
        await RunAsync("a wrong RAM file on the new side", "is not the file that the VM has as RAM", (run, target) => PutFileAsync(run, target, "head -c 268435456 /dev/urandom > \"$1\""));
        await RunAsync("RAM file missing as the move begins", "cannot be linked", (run, _) => RemoveRamFileAsync(run));
        await bench.RunAsync("RAM file missing before the swap", WorldDesign.Locked, MissingAsync, cancellationToken);
        await RunAsync("hook absent", "has not asked for it", (run, target) => InTargetAsync(run, target, $"rm {HookDirectory}/hostswap"));
        await RunAsync("hook fails", "hook", (run, target) => InTargetAsync(run, target, FailingHook));
        await RunAsync("hook cannot ask", "has not asked for it", (run, target) => InTargetAsync(run, target, "mv /usr/bin/nc /usr/bin/nc.away"));
        foreach (var hangs in new[] { false, true })
            await bench.RunAsync($"hook's socket {(hangs ? "hangs" : "closes without an answer")}", WorldDesign.Locked, run => SilentAsync(run, hangs), cancellationToken);
        foreach (var (fence, design) in Handovers.Fences)
            await bench.RunAsync($"hostctl killed between the hook's questions; {fence}", design, BetweenAsync, cancellationToken);
        await new CapabilityLeft(bench).RunAsync(cancellationToken);

        Task RunAsync(string label, string why, Func<FaultRun, Generation, Task> spoil) =>
            bench.RunAsync(label, WorldDesign.Locked, run => RefusedAsync(run, why, spoil), cancellationToken);
    }

    /// <summary>As a hook of somebody else, after hostctl's own: it fails once, when both QEMUs have been told to leave RAM out.</summary>
    private static string FailingHook =>
        $$"""
        cat > {{HookDirectory}}/zz-fails <<'END'
        #!/bin/sh
        [ "$2-$3" = started-begin ] && [ ! -e /run/hook-failed ] && : > /run/hook-failed && exit 1
        exit 0
        END
        chmod 755 {{HookDirectory}}/zz-fails
        """;

    private static async Task RefusedAsync(FaultRun run, string why, Func<FaultRun, Generation, Task> spoil)
    {
        var (swap, target) = await Handovers.HoldAsync(run);
        await spoil(run, target);
        await EndByCopyAsync(run, swap, why);
    }

    private static async Task EndByCopyAsync(FaultRun run, RunningProcess swap, string why)
    {
        run.FaultHappened();
        swap.Send(Signal.Continue);
        var result = await run.WaitAsync(swap);
        run.RequireExit(result, ExitCodes.Done);
        await run.SettleAsync(result);
        await Handovers.RequireCopyAsync(run, why);
        await SavedRam.RequireAsync(run, Handovers.GuestOf(run), save: false);
    }

    /// <summary>A new libvirt numbers its domains from 1, and names the directory after the number; two canaries went before.</summary>
    private static Task PutFileAsync(FaultRun run, Generation target, string write)
    {
        var directory = string.Create(CultureInfo.InvariantCulture, $"/run/hostswap/memory/gen-{target.Number}/libvirt/qemu/3-{WorldDesign.HandedGuest}");
        return target.RunAsync(
            ["sh", "-ec", $"install -d -o libvirt-qemu -g kvm -m 700 \"${{1%/*}}\"; {write}; chown libvirt-qemu:kvm \"$1\"", "sh", $"{directory}/{Block}"], run.Token);
    }

    private static async Task RemoveRamFileAsync(FaultRun run)
    {
        var memory = Handovers.PathsOf(run, await Moments.SourceAsync(run)).Memory;
        foreach (var file in Directory.EnumerateFiles(memory, Block, SearchOption.AllDirectories)) File.Delete(file);
    }

    private static async Task InTargetAsync(FaultRun run, Generation target, string script)
    {
        run.World.IsSpoilt = true;
        await target.RunAsync(["sh", "-ec", script], run.Token);
    }

    /// <summary>It is seen before anything begins, so that a copy is planned.</summary>
    private static async Task MissingAsync(FaultRun run)
    {
        await RemoveRamFileAsync(run);
        run.FaultHappened();
        var plan = await run.Lab.Hostctl.ReadAsync<PlanView>(["plan", "--image", run.World.OtherImage], run.Token);
        var planned = plan.Plan.Moves.Single(static move => move.Name is WorldDesign.HandedGuest);
        run.Require(planned is { Method: "copy" } && planned.Reason.Contains(Block, StringComparison.Ordinal), $"the plan says {planned.Method}: {planned.Reason}");
        var result = await run.SwapAsync();
        run.RequireExit(result, ExitCodes.Done);
        await run.SettleAsync(result);
        var move = await Handovers.MoveAsync(run);
        run.Require(move is { Method: "copy", State: "verified" }, $"it was moved by {move.Method}, and is {move.State}: {move.Reason}");
    }

    private static async Task SilentAsync(FaultRun run, bool hangs)
    {
        var (swap, target) = await Handovers.HoldAsync(run);
        await using var desk = SilentDesk.Place(Handovers.PathsOf(run, target), hangs);
        await EndByCopyAsync(run, swap, "has not asked for it");
        run.Require(desk.Asked > 0, "the hook did not ask there");
    }

    /// <summary>The RAM file has two names by then, and nobody would look what the new QEMU maps: it must not live on.</summary>
    private static async Task BetweenAsync(FaultRun run)
    {
        var (swap, target) = await Handovers.HoldAsync(run);
        await InTargetAsync(run, target, $$"""
            cat > {{HookDirectory}}/zz-waits <<'END'
            #!/bin/sh
            [ "$2-$3" = start-begin ] && [ ! -e /run/hook-asked ] || exit 0
            : > /run/hook-asked
            while [ ! -e /run/hook-goes-on ]; do sleep 0.05; done
            END
            chmod 755 {{HookDirectory}}/zz-waits
            """);
        swap.Send(Signal.Continue);
        await HostSwap.Lab.Poll.UntilAsync(
            "the hook's first question to be answered",
            TimeSpan.FromMinutes(1),
            async token => (await target.TryAsync(["test", "-e", "/run/hook-asked"], token)).ExitCode == 0,
            () => swap.OutputSoFar,
            run.Token);
        swap.Send(Signal.Kill);
        run.FaultHappened();
        await run.WaitAsync(swap);
        await target.RunAsync(["touch", "/run/hook-goes-on"], run.Token);
        await run.ResumeAsync(back: false);
        await SavedRam.RequireAsync(run, Handovers.GuestOf(run), save: false);
    }
}
