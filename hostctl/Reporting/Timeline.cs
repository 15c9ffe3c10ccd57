using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Hostctl.Reporting;

/// <summary>What a stretch of time was spent on.</summary>
internal enum Phase
{
    /// <summary>Generations, networks and what else is made ready, carried over or put away.</summary>
    Host,

    /// <summary>The guest of hostctl's own that goes before VMs.</summary>
    Canary,

    /// <summary>A VM's move itself.</summary>
    Move,

    /// <summary>What is done for a VM before and after: state that is carried, owners, flags, devices.</summary>
    Care,
}

/// <summary>A stretch of time, from the operation's begin on.</summary>
/// <param name="From">Its begin.</param>
/// <param name="To">Its end.</param>
/// <param name="Phase">What it was spent on.</param>
/// <param name="Words">What was done, and what was seen: untrusted text.</param>
/// <param name="Failed">Whether it failed, or no end of it is recorded.</param>
internal sealed record Segment(TimeSpan From, TimeSpan To, Phase Phase, string Words, bool Failed);

/// <summary>All that was done of one VM, or of the host.</summary>
/// <param name="Name">Whose it is: untrusted text.</param>
/// <param name="Segments">What was done, in order.</param>
internal sealed record Lane(string Name, IReadOnlyList<Segment> Segments)
{
    /// <summary>When a VM stood still for its move, as QEMU measured it; null where it did not, or nothing is recorded.</summary>
    public (TimeSpan From, TimeSpan To)? Blackout { get; init; }
}

/// <summary>An operation over time, as the journal has it.</summary>
/// <param name="Length">How long it took, or for how long something of it is recorded.</param>
/// <param name="Lanes">The host, canaries where some flew, then the VMs in the order of their moves.</param>
internal sealed record Timeline(TimeSpan Length, IReadOnlyList<Lane> Lanes)
{
    private const string MigrateStep = "migrate";
    private const string CanaryPrefix = "canary-";

    private static readonly HashSet<string> Moving = new(["migrate", "define", "leave", "shut-down", "save", "start-again", "mend-postcopy", "climb"], StringComparer.Ordinal);

    /// <summary>Reads it.</summary>
    public static Timeline Of(OperationDetails details)
    {
        var begin = details.Operation.StartedAt;
        var last = details.Entries.Select(static entry => entry.ObservedAt ?? entry.IntendedAt).Append(details.Operation.FinishedAt ?? begin).Max();
        var vms = details.Moves.ToDictionary(static move => move.Uuid.ToString(), StringComparer.Ordinal);
        var others = details.Entries.Where(entry => !vms.ContainsKey(entry.Subject)).ToList();
        var canaries = others.Where(static entry => IsCanary(entry)).ToList();
        List<Lane> lanes = [new("host", [.. others.Where(static entry => !IsCanary(entry)).Select(entry => SegmentOf(entry, begin, last))])];
        if (canaries.Count > 0)
            lanes.Add(new Lane("canaries", [.. canaries.Select(entry => SegmentOf(entry, begin, last))]));
        foreach (var move in details.Moves)
        {
            var own = details.Entries.Where(entry => string.Equals(entry.Subject, move.Uuid.ToString(), StringComparison.Ordinal)).ToList();
            lanes.Add(new Lane(move.Name, [.. own.Select(entry => SegmentOf(entry, begin, last))]) { Blackout = BlackoutOf(move, own, begin) });
        }

        return new Timeline(last - begin, lanes);
    }

    private static bool IsCanary(JournalEntry entry) => entry.Step.StartsWith(CanaryPrefix, StringComparison.Ordinal);

    private static Segment SegmentOf(JournalEntry entry, DateTimeOffset begin, DateTimeOffset last) => new(
        entry.IntendedAt - begin,
        (entry.ObservedAt ?? last) - begin,
        IsCanary(entry) ? Phase.Canary : !Guid.TryParse(entry.Subject, out _) ? Phase.Host : Moving.Contains(entry.Step) ? Phase.Move : Phase.Care,
        $"{entry.Step}: {(entry.Observed.Length > 0 ? entry.Observed : Words.Of(entry.Result))}",
        entry.Result != EntryResult.Done);

    /// <summary>QEMU stands still at the end of a migration, and tells for how long, not when.</summary>
    private static (TimeSpan, TimeSpan)? BlackoutOf(MoveRecord move, IReadOnlyList<JournalEntry> entries, DateTimeOffset begin) =>
        move.Downtime is { } downtime && entries.LastOrDefault(static entry => entry is { Step: MigrateStep, Result: EntryResult.Done })?.ObservedAt is { } end
            ? (end - begin - downtime, end - begin)
            : null;
}
