using System.Globalization;
using HostSwap.Bench.Reporting;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;

namespace HostSwap.Bench.Measuring;

/// <summary>One run of a verb that moves VMs: its events, its journal, and what it used itself.</summary>
internal sealed record HostctlRun(string Verb, TimeSpan Wall, ProcessUsage Usage, IReadOnlyList<EventView> Events, ShowView Journal, IReadOnlyList<CallView> Calls)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>The generation that is active now.</summary>
    public int Active => Events.Select(static line => line.ActiveGeneration).OfType<int>().Last();

    /// <summary>What became of the VMs, by their names.</summary>
    public IReadOnlyDictionary<string, MoveView> Moves { get; } = Journal.Moves.ToDictionary(static move => move.Name, StringComparer.Ordinal);

    /// <summary>Runs a verb that must succeed.</summary>
    public static async Task<HostctlRun> RunAsync(HostctlRunner hostctl, IReadOnlyList<string> verb, CancellationToken cancellationToken)
    {
        var trace = Path.Join(Path.GetTempPath(), $"hostswap-bench-{Guid.NewGuid():N}.jsonl");
        try
        {
            return await RunAsync(hostctl.With("HOSTSWAP_TRACE", trace), trace, verb, cancellationToken);
        }
        finally
        {
            File.Delete(trace);
        }
    }

    private static async Task<HostctlRun> RunAsync(HostctlRunner hostctl, string trace, IReadOnlyList<string> verb, CancellationToken cancellationToken)
    {
        await using var process = hostctl.Start([.. verb, "--yes", "--format", "json"]);
        var usage = ProcessUsage.FollowAsync(process.Pid, () => process.HasExited, cancellationToken);
        var result = (await process.WaitAsync(Limit, cancellationToken)).Succeeded();
        var events = HostctlRunner.Events(result.Output);
        var operation = events.Select(static line => line.Operation).OfType<long>().FirstOrDefault();
        if (operation == 0) throw new LabException($"it began no operation: {result.Describe()}");
        var journal = await hostctl.ReadAsync<ShowView>(["show", operation.ToString(CultureInfo.InvariantCulture)], cancellationToken);
        var calls = (await File.ReadAllLinesAsync(trace, cancellationToken)).Select(static line => HostctlDocuments.Read<CallView>(line));
        return new HostctlRun(verb[0], result.Elapsed, await usage, events, journal, [.. calls]);
    }

    /// <summary>How long a step took; null where it was not made.</summary>
    public double? StepMs(string step) =>
        Events.FirstOrDefault(line => line.Event is "stepFinished" && string.Equals(line.Step, step, StringComparison.Ordinal))?.ElapsedMs;

    /// <summary>Fails where a VM was not moved as it was to be: its figures would be another method's.</summary>
    public void Require(string method)
    {
        foreach (var move in Moves.Values)
            if (!string.Equals(move.Method, method, StringComparison.Ordinal) || move.State is not "verified")
                throw new LabException($"{move.Name} was to be moved by {method}, but: {move.Method}, {move.State}, {move.Reason}");
    }

    /// <summary>What it cost by itself: what goes on while no call to libvirt, systemd, QEMU or Docker is out is its own.</summary>
    public CostRow Cost(string label)
    {
        var inside = Intervals.Covered([.. Calls.Select(static call => new Interval(call.At, call.At.AddMilliseconds(call.ElapsedMs))), .. Waits()]);
        return new CostRow(
            label,
            Verb,
            Moves.Count,
            Wall.TotalMilliseconds,
            inside.TotalMilliseconds,
            Math.Max(0, 1 - (inside / Wall)),
            Usage.Cpu.TotalMilliseconds,
            Usage.PeakBytes);
    }

    /// <summary>The candidate's systemd and libvirt come up by themselves; to wait for them is no call.</summary>
    private IEnumerable<Interval> Waits() =>
        from end in Events
        where end is { Event: "stepFinished", Step: "await-ready", At: not null, ElapsedMs: not null }
        select new Interval(end.At!.Value.AddMilliseconds(-end.ElapsedMs!.Value), end.At.Value);
}
