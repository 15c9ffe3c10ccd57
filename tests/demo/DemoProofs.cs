using System.Globalization;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Probing;
using HostSwap.Lab.Witnessing;

namespace HostSwap.Demo;

/// <summary>Judges what the swap left, from outside hostctl: by libvirt, Docker, the files, the pings and the guests themselves.</summary>
internal sealed class DemoProofs(
    OuterHostLab lab, IReadOnlyList<Guest> guests, Snapshot before, IReadOnlyDictionary<string, PingReport> pings)
{
    private readonly List<string> _failures = [];

    /// <summary>Looks at everything and writes the report.</summary>
    public async Task<DemoReport> JudgeAsync(int exitCode, TimeSpan elapsed, WitnessReport witness, CancellationToken cancellationToken)
    {
        Require(exitCode == 0, $"hostctl swap ended with exit code {exitCode}");
        Require(elapsed <= DemoScenario.SwapLimit, $"the swap took {elapsed.TotalSeconds:0.0} s, more than {DemoScenario.SwapLimit.TotalSeconds:0} s");
        var status = await lab.Hostctl.StatusAsync(cancellationToken);
        var target = await lab.ActiveAsync(cancellationToken);
        await JudgeHostAsync(status, target, cancellationToken);
        var swap = await lab.Hostctl.LastSwapAsync(cancellationToken);
        List<VmReport> vms = [];
        foreach (var guest in guests) vms.Add(await JudgeGuestAsync(guest, target, status, swap, cancellationToken));
        foreach (var run in witness.DoubleRuns)
            _failures.Add($"the witness saw two QEMU processes ({run.First} and {run.Second}) run VM {run.Uuid}");
        return new DemoReport(
            "hostswap/demo/1",
            _failures.Count == 0 ? "pass" : "fail",
            Math.Round(elapsed.TotalSeconds, 3),
            Repository.Bookworm,
            Repository.Trixie,
            lab.AcceleratorName,
            vms.Max(static vm => vm.BlackoutMs ?? 0),
            vms,
            new WitnessSection(witness.Samples, Milliseconds(witness.LongestGap), witness.Pairs.Count, witness.DoubleRuns.Count),
            _failures);
    }

    private async Task JudgeHostAsync(StatusView status, Generation target, CancellationToken cancellationToken)
    {
        Require(status.Active is { Number: 2, Image: Repository.Trixie, State: "running" }, $"the active generation is gen-{status.Active.Number}, {status.Active.State}, of {status.Active.Image}");
        Require(
            status.Generations.SingleOrDefault(static generation => generation.Number == 1) is null or { Role: "retired", State: "stopped" },
            "gen-1 is not retired and stopped");
        if (await lab.TryGenerationAsync(1, cancellationToken) is { } old)
            Require(
                string.Equals(await DockerCli.RunAsync(["inspect", "--format", "{{.State.Running}}", old.Container], cancellationToken), "false", StringComparison.Ordinal),
                "the container of gen-1 still runs");
        Require(
            new FileInfo(lab.Paths.ActiveLink).LinkTarget?.TrimEnd('/').EndsWith("/2", StringComparison.Ordinal) == true,
            "the link 'active' does not lead to gen-2");
        Require(await OuterHostLab.HasNetworkAsync(target, DemoScenario.Network, cancellationToken), $"network {DemoScenario.Network} is not active and self-starting in gen-2");
        Require(await OuterHostLab.HasPoolAsync(target, DemoScenario.Pool, cancellationToken), $"pool {DemoScenario.Pool} is not active and self-starting in gen-2");
        Require((await target.DomainsAsync(cancellationToken)).Count == guests.Count, "gen-2 does not have just the VMs that gen-1 had");
    }

    private async Task<VmReport> JudgeGuestAsync(
        Guest guest, Generation target, StatusView status, ShowView swap, CancellationToken cancellationToken)
    {
        var after = await target.StateAsync(guest, cancellationToken);
        Require(guest, string.Equals(after, before.States[guest.Name], StringComparison.Ordinal), $"was {before.States[guest.Name]}, is {after}");
        await ResumeAsync(guest, target, after, cancellationToken);
        var definitions = DefinitionFiles.Of(lab, guest.Spec.Uuid).Count;
        Require(guest, definitions == 1, $"has {definitions} persistent definitions");
        Require(guest, status.Of(guest.Spec.Uuid) is [{ Generation: 2 } vm] && vm.Autostart == guest.Spec.Autostart, "is not listed once, in gen-2, with its autostart");
        var owner = await JudgeDiskAsync(guest, cancellationToken);
        var life = JudgeLife(guest);
        var ping = JudgePings(guest);
        var move = swap.Moves.SingleOrDefault(move => move.Uuid == guest.Spec.Uuid);
        Require(guest, move is not null, "has no recorded move");
        Require(guest, !guest.Spec.Prepared || move is null or { Method: "handover" }, $"its RAM was not handed over: {move?.Reason}");
        return new VmReport(
            guest.Name,
            guest.Uuid,
            move?.Method ?? "",
            move?.State ?? "",
            move?.TransferredBytes,
            ping is null ? null : Milliseconds(ping.Blackout),
            move?.DowntimeMs,
            ping?.Sent,
            ping?.Lost,
            ping is null ? null : Milliseconds(ping.MedianRoundTrip),
            life is null ? null : life.BootIds.Count == 1,
            life?.IsContinuous,
            life is null ? null : before.Lives[guest.Name].Ticks[^1].Number,
            life?.Ticks[^1].Number,
            before.States[guest.Name],
            after,
            before.Owners.GetValueOrDefault(guest.Name)?.ToString(),
            owner?.ToString(),
            definitions);
    }

    /// <summary>A paused VM shows what it is worth only when it runs again.</summary>
    private static async Task ResumeAsync(Guest guest, Generation target, string state, CancellationToken cancellationToken)
    {
        if (guest.Spec.State is not GuestState.Paused || state is not "paused") return;
        await target.VirshAsync(["resume", guest.Uuid], cancellationToken);
        await OuterHostLab.WaitForTicksAsync(guest, 10, cancellationToken);
    }

    private async Task<FileOwner?> JudgeDiskAsync(Guest guest, CancellationToken cancellationToken)
    {
        if (guest.DiskPath is not { } disk) return null;
        var owner = await FileOwner.OfAsync(disk, cancellationToken);
        // A paused VM has been resumed by now, which does not touch its disk's owner.
        Require(guest, owner == before.Owners[guest.Name], $"its disk belonged to {before.Owners[guest.Name]} and belongs to {owner}");
        return owner;
    }

    private GuestLife? JudgeLife(Guest guest)
    {
        if (guest.Spec.State is GuestState.ShutOff) return null;
        var life = guest.ReadLog().Judge();
        foreach (var problem in life.Problems) Require(guest, false, problem);
        Require(guest, life.Ticks.Count > before.Lives[guest.Name].Ticks.Count, "its counter stands still");
        return life;
    }

    private PingReport? JudgePings(Guest guest)
    {
        if (!pings.TryGetValue(guest.Name, out var ping)) return null;
        Require(guest, ping.AnyReply, "answered no ping");
        Require(guest, ping.Blackout <= DemoScenario.BlackoutLimit, $"was silent for {ping.Blackout.TotalMilliseconds:0} ms");
        return ping;
    }

    private void Require(Guest guest, bool holds, string otherwise) => Require(holds, $"{guest.Name}: {otherwise}");

    private void Require(bool holds, string otherwise)
    {
        if (!holds) _failures.Add(string.Create(CultureInfo.InvariantCulture, $"{otherwise}"));
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);
}
