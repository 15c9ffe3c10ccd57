using System.Globalization;
using HostSwap.Bench.Measuring;
using HostSwap.Bench.Reporting;
using HostSwap.Bench.Worlds;
using HostSwap.Lab.Guests;

namespace HostSwap.Bench.Sections;

/// <summary>One VM that is alone on its host, moved by each method.</summary>
/// <param name="world">Where it is.</param>
/// <param name="scale">How much is measured.</param>
/// <param name="findings">What hostctl costs goes there.</param>
/// <param name="rows">Each move goes there as soon as it is measured, so that a later failure does not cost it.</param>
internal sealed class SingleVm(BenchWorld world, BenchScale scale, BenchFindings findings, List<MoveRow> rows)
{
    /// <summary>Between two moves, for what the last one has freed to come back.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private Guest Guest => world.Guests[0];

    /// <summary>
    /// How long a guest that does not converge is left to itself before it is suspended: the same for virsh and for
    /// hostctl's copy, and several times what the copy of an idle guest takes.
    /// </summary>
    public static TimeSpan LimitOf(int mebibytes) => TimeSpan.FromSeconds(10 + (mebibytes * 5 / 1024));

    /// <summary>
    /// A filled, idle guest. Every method comes to its turn twice, and none twice in a row: a machine whose speed drifts
    /// would else be measured instead of the methods.
    /// </summary>
    public async Task IdleAsync(int mebibytes, CancellationToken cancellationToken)
    {
        await AddAsync(BenchGuests.Idle(Name("idle", mebibytes), mebibytes), cancellationToken);
        var (single, parallel) = (VirshStyle.Default, VirshStyle.WithConnections);
        foreach (var (there, back) in new[] { (single, parallel), (parallel, single) })
        {
            await HostctlAsync(Methods.Handover, Methods.Handover, [], scale.Handovers / 2, cancellationToken);
            await HostctlAsync(Methods.Copy, Methods.Copy, [], 1, cancellationToken);
            await MeasureAsync(there.Method, () => ByVirshAsync(world.VirshThereAsync, there, cancellationToken), cancellationToken);
            await MeasureAsync(back.Method, () => ByVirshAsync(world.VirshBackAsync, back, cancellationToken), cancellationToken);
        }

        findings.Problems.AddRange(await world.RemoveGuestsAsync(cancellationToken));
    }

    /// <summary>An idle guest without a disk, beside the one with one: what does the stricter fence cost?</summary>
    public async Task WaitingAsync(int mebibytes, CancellationToken cancellationToken)
    {
        await AddAsync(BenchGuests.Idle(Name("waiting", mebibytes), mebibytes) with { Disk = DiskFormat.None }, cancellationToken);
        await HostctlAsync(Methods.Handover, Methods.HandoverWaiting, [], scale.Handovers, cancellationToken);
        findings.Problems.AddRange(await world.RemoveGuestsAsync(cancellationToken));
    }

    /// <summary>A guest that dirties memory faster than one stream copies: copies, which take long, are made once.</summary>
    public async Task DirtyingAsync(int mebibytes, CancellationToken cancellationToken)
    {
        var limit = LimitOf(mebibytes);
        var seconds = string.Create(CultureInfo.InvariantCulture, $"{limit.TotalSeconds:0}s");
        await AddAsync(BenchGuests.Dirtying(Name("dirtying", mebibytes), mebibytes), cancellationToken);
        await HostctlAsync(Methods.Handover, Methods.Handover, [], scale.Handovers, cancellationToken);
        await HostctlAsync(Methods.Copy, Methods.Copy, ["policy = \"pause\"", $"deadline_base = \"{seconds}\"", "deadline_per_gib = \"0s\""], 1, cancellationToken);
        var (single, parallel) = (VirshStyle.Default with { Timeout = limit }, VirshStyle.WithConnections with { Timeout = limit });
        await MeasureAsync(single.Method, () => ByVirshAsync(world.VirshThereAsync, single, cancellationToken), cancellationToken);
        // One that does not dirty its memory is sent once.
        if (rows[^1].Bytes < (long)mebibytes << 21) findings.Problems.Add(string.Create(CultureInfo.InvariantCulture, $"{Guest.Name} has not dirtied its memory while virsh copied it"));
        await MeasureAsync(parallel.Method, () => ByVirshAsync(world.VirshBackAsync, parallel, cancellationToken), cancellationToken);
        findings.Problems.AddRange(await world.RemoveGuestsAsync(cancellationToken));
    }

    /// <summary>Its first move is not measured: after it no file is read, and no release tried out, for the first time.</summary>
    private async Task AddAsync(GuestSpec spec, CancellationToken cancellationToken)
    {
        await world.AddAsync([spec], cancellationToken);
        await world.GoOverAsync(cancellationToken);
    }

    private async Task HostctlAsync(string method, string label, IReadOnlyList<string> migration, int times, CancellationToken cancellationToken)
    {
        await world.ConfigureAsync(method, migration, cancellationToken);
        for (var i = 0; i < times; i++) await MeasureAsync(label, () => ByHostctlAsync(method, cancellationToken), cancellationToken);
        await world.ConfigureAsync(Methods.Handover, [], cancellationToken);
    }

    private async Task<Figures> ByHostctlAsync(string method, CancellationToken cancellationToken)
    {
        var run = await world.GoOverAsync(cancellationToken);
        run.Require(method);
        findings.Costs.Add(run.Cost($"{Guest.Name} by {method}"));
        var move = run.Moves[Guest.Name];
        return new Figures(
            move.ElapsedMs!.Value, run.Wall.TotalMilliseconds, move.TransferredBytes ?? 0, move.DowntimeMs, move.Rung is null ? "" : $"climbed to {move.Rung}");
    }

    private async Task<Figures> ByVirshAsync(
        Func<VirshStyle, CancellationToken, Task<IReadOnlyDictionary<Guest, VirshMove>>> go, VirshStyle style, CancellationToken cancellationToken)
    {
        var move = (await go(style, cancellationToken))[Guest];
        var suspended = style.Timeout is { } timeout && move.ElapsedMs > timeout.TotalMilliseconds;
        var note = suspended ? string.Create(CultureInfo.InvariantCulture, $"suspended after {style.Timeout!.Value.TotalSeconds:0} s") : "";
        return new Figures(move.ElapsedMs, move.ElapsedMs, move.Job.Bytes, move.Job.DowntimeMs, note);
    }

    private async Task MeasureAsync(string method, Func<Task<Figures>> go, CancellationToken cancellationToken)
    {
        await Task.Delay(Rest, cancellationToken);
        await using var pings = await Blackouts.StartAsync(world.Guests, cancellationToken);
        using var memory = MemoryWatch.Start();
        var figures = await go();
        var extra = memory.Stop();
        var seen = (await pings.StopAsync(cancellationToken))[Guest.Name];
        var row = new MoveRow(
            Guest.Spec.MemoryMiB,
            method,
            figures.ElapsedMs,
            figures.CommandMs,
            figures.Bytes,
            figures.DowntimeMs,
            seen.Blackout.TotalMilliseconds,
            extra,
            seen.LatestSend.TotalMilliseconds,
            figures.Note);
        rows.Add(row);
        findings.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{Guest.Name}, {method}: {row.ElapsedMs:0} ms, {row.Bytes / 1048576.0:0.0} MiB, QEMU {row.QemuDowntimeMs:0} ms, blackout {row.BlackoutMs:0} ms, extra {row.ExtraMemoryBytes >> 20} MiB {row.Note}"));
    }

    private static string Name(string kind, int mebibytes) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{mebibytes}");

    private sealed record Figures(double ElapsedMs, double CommandMs, long Bytes, double? DowntimeMs, string Note);
}
