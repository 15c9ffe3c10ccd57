using System.Globalization;
using HostSwap.Bench.Measuring;
using HostSwap.Bench.Reporting;
using HostSwap.Bench.Worlds;
using HostSwap.Lab.Guests;

namespace HostSwap.Bench.Sections;

/// <summary>
/// All VMs of a host: swapped by hostctl to a new candidate, and moved by virsh between two generations that run already,
/// which spares virsh the start of one.
/// </summary>
internal sealed class WholeHost(BenchWorld world, BenchScale scale, BenchFindings findings)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(3);

    /// <summary>How many handovers at once are tried out beside hostctl's default: where does the blackout begin to suffer?</summary>
    private static readonly int[] AtOnce = [1, 2, 4, 8];

    /// <summary>Of copies, and over how many connections each.</summary>
    private static readonly (int AtOnce, int Connections)[] Copies = [(1, 1), (1, 2), (2, 1), (2, 2)];

    /// <summary>Measures the host's swap, how many moves at once are best, or both.</summary>
    public async Task RunAsync(bool swaps, bool several, CancellationToken cancellationToken)
    {
        await world.AddAsync(
            [.. Enumerable.Range(1, scale.HostVms).Select(number => BenchGuests.Idle(string.Create(CultureInfo.InvariantCulture, $"vm{number:00}"), scale.HostVmMiB))],
            cancellationToken);
        findings.Say(string.Create(CultureInfo.InvariantCulture, $"{scale.HostVms} VMs of {scale.HostVmMiB} MiB run, their memory is full"));
        if (swaps) await SwapsAsync(cancellationToken);
        if (several) await SeveralAsync(cancellationToken);
        findings.Problems.AddRange(await world.RemoveGuestsAsync(cancellationToken));
    }

    /// <summary>What is compared stands beside each other, since the machine's speed drifts.</summary>
    private async Task SwapsAsync(CancellationToken cancellationToken)
    {
        await new StartUp(world, scale, findings).RunAsync(cancellationToken);
        await ByHostctlAsync(Methods.Handover, cancellationToken);
        await ByVirshAsync(VirshStyle.Default, world.VirshThereAsync, cancellationToken);
        await ByVirshAsync(VirshStyle.WithBoth, world.VirshBackAsync, cancellationToken);
        await ByHostctlAsync(Methods.Copy, cancellationToken);
        await ByVirshAsync(VirshStyle.WithLanes, world.VirshThereAsync, cancellationToken);
        await ByVirshAsync(VirshStyle.WithConnections, world.VirshBackAsync, cancellationToken);
    }

    private async Task SeveralAsync(CancellationToken cancellationToken)
    {
        await TryOutAsync(Methods.Handover, several: null, connections: 1, cancellationToken);
        foreach (var several in AtOnce)
            await TryOutAsync(Methods.Handover, several, connections: 1, cancellationToken);
        await TryOutAsync(Methods.Copy, several: null, connections: 1, cancellationToken);
        foreach (var (several, connections) in Copies)
            await TryOutAsync(Methods.Copy, several, connections, cancellationToken);
    }

    private async Task ByHostctlAsync(string method, CancellationToken cancellationToken)
    {
        // Else the swap would have to retire it first, which is none of its own work.
        var retired = await world.RetireAsync(cancellationToken);
        await world.ConfigureAsync(method, [], cancellationToken);
        HostctlRun? run = null;
        await MeasureAsync(
            method,
            async () =>
            {
                run = await world.SwapAsync(cancellationToken);
                run.Require(method);
                return (run.StepMs("move-domains") ?? 0, run.Wall.TotalMilliseconds, name => Figures(run.Moves[name]));
            },
            cancellationToken);
        await world.ConfigureAsync(Methods.Handover, [], cancellationToken);
        findings.Costs.Add(run!.Cost($"the whole host by {method}"));
        findings.Lifecycle.Add(new LifecycleRow(run.StepMs("start-candidate"), run.StepMs("await-ready"), retired.TotalMilliseconds));
    }

    /// <summary>Between generations that run already; no part of the ratios.</summary>
    private async Task TryOutAsync(string method, int? several, int connections, CancellationToken cancellationToken)
    {
        var label = Methods.AtOnce(method, several, connections);
        await world.ConfigureAsync(
            method,
            [$"parallel = {several?.ToString(CultureInfo.InvariantCulture) ?? "\"auto\""}", string.Create(CultureInfo.InvariantCulture, $"parallel_connections = {connections}")],
            cancellationToken);
        await MeasureAsync(
            label,
            async () =>
            {
                var run = await world.GoOverAsync(cancellationToken);
                run.Require(method);
                findings.Costs.Add(run.Cost(label));
                return (run.StepMs("move-domains") ?? 0, run.Wall.TotalMilliseconds, name => Figures(run.Moves[name]));
            },
            cancellationToken);
        await world.ConfigureAsync(Methods.Handover, [], cancellationToken);
    }

    private Task ByVirshAsync(
        VirshStyle style, Func<VirshStyle, CancellationToken, Task<IReadOnlyDictionary<Guest, VirshMove>>> go, CancellationToken cancellationToken) =>
        MeasureAsync(
            style.Method,
            async () =>
            {
                var moves = (await go(style, cancellationToken)).ToDictionary(static move => move.Key.Name, static move => move.Value, StringComparer.Ordinal);
                var total = (moves.Values.Max(static move => move.End) - moves.Values.Min(static move => move.Begin)) / 1e6;
                return (total, total, name => (moves[name].ElapsedMs, moves[name].Job.Bytes, moves[name].Job.DowntimeMs));
            },
            cancellationToken);

    private async Task MeasureAsync(
        string method,
        Func<Task<(double TotalMs, double CommandMs, Func<string, (double ElapsedMs, long Bytes, double? DowntimeMs)> Of)>> go,
        CancellationToken cancellationToken)
    {
        await Task.Delay(Rest, cancellationToken);
        await using var pings = await Blackouts.StartAsync(world.Guests, cancellationToken);
        using var memory = MemoryWatch.Start();
        var (total, command, of) = await go();
        var extra = memory.Stop();
        var seen = await pings.StopAsync(cancellationToken);
        List<HostVmRow> vms = [];
        foreach (var name in world.Guests.Select(static guest => guest.Name))
        {
            var (elapsed, bytes, downtime) = of(name);
            vms.Add(new HostVmRow(name, elapsed, bytes, downtime, seen[name].Blackout.TotalMilliseconds));
        }

        var row = HostRow.Of(method, scale.HostVmMiB, total, command, extra, vms);
        findings.Hosts.Add(row);
        findings.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"whole host, {method}: moves {total / 1000:0.0} s, command {command / 1000:0.0} s, {row.MiBPerSecond:0} MiB/s, blackout p95 {row.BlackoutMsP95:0} ms, extra {extra >> 20} MiB"));
    }

    private static (double ElapsedMs, long Bytes, double? DowntimeMs) Figures(Lab.Hosts.MoveView move) =>
        (move.ElapsedMs ?? 0, move.TransferredBytes ?? 0, move.DowntimeMs);
}
