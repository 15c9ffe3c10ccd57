using System.Globalization;

namespace HostSwap.Lab.Witnessing;

/// <summary>
/// Judges the order in which the processes of one VM executed. Ownership may only be handed on: once a second process
/// executes, the first must never execute again.
/// <para>
/// Not every nanosecond of a CPU thread is the guest's. Measured under emulation, with QEMU 7.2 and 10.0, QEMU's own
/// housekeeping on a VM that stands still takes up to 1.6 ms when the process is made, 0.8 ms when a migration arrives and
/// 1.9 ms in the source of a whole migration, on an idle machine; on a busy one 8 ms were seen when the process is made, which
/// is why the first <see cref="Birth"/> of one that joins another does not count. A guest that runs idle takes 40 ms in every
/// second, a busy one a whole CPU. So a process executes its guest when its CPU threads have run longer than <see cref="Threshold"/> within
/// <see cref="Span"/>.
/// </para>
/// </summary>
public sealed class OwnershipTrace(Guid uuid)
{
    /// <summary>Run time above which it is the guest's; nanoseconds.</summary>
    public const long Threshold = 5_000_000;

    /// <summary>The time over which run time is added up; nanoseconds.</summary>
    public const long Span = 1_000_000_000;

    /// <summary>
    /// The first part of the life of a process that joins another; nanoseconds. What was seen at a birth was over after 10 ms,
    /// and no migration here took less than a second; one that runs a guest from the start is told as soon as this is over.
    /// </summary>
    public const long Birth = 50_000_000;

    private const int HistoryLength = 300;

    private readonly Dictionary<int, Activity> _activities = [];
    private readonly List<int> _owners = [];
    private readonly Queue<(int Process, long Ran, long At)> _history = new();

    /// <summary>The VM.</summary>
    public Guid Uuid { get; } = uuid;

    /// <summary>The process that was last found to execute the guest; null where none was.</summary>
    public int? Owner => _owners.Count == 0 ? null : _owners[^1];

    /// <summary>Takes in how long a process has run since it was last looked at.</summary>
    /// <param name="process">The process.</param>
    /// <param name="ran">Run time of its CPU threads, in nanoseconds.</param>
    /// <param name="at">Now, in nanoseconds of the monotonic clock.</param>
    /// <returns>The finding, where a process executes that had already been followed by another.</returns>
    public DoubleRun? Observe(int process, long ran, long at)
    {
        if (!_activities.TryGetValue(process, out var activity)) _activities[process] = activity = new Activity(at);
        Record(process, ran, at);
        if (Owner is { } first && first != process && at - activity.Since < Birth) return null;
        if (activity.Add(ran, at) <= Threshold || process == Owner) return null;
        var owner = Owner;
        // What the others ran before this moment was theirs to run; what they run after it is not.
        foreach (var other in _activities.Values) other.Clear();
        if (_owners.Contains(process)) return new DoubleRun(Uuid, process, owner ?? 0, at, Describe());
        _owners.Add(process);
        return null;
    }

    /// <summary>Forgets a process that has ended; its number may be used again.</summary>
    public void Forget(int process)
    {
        _activities.Remove(process);
        _owners.Remove(process);
    }

    /// <summary>Keeps the last looks at which something had run, as evidence.</summary>
    private void Record(int process, long ran, long at)
    {
        if (ran == 0) return;
        if (_history.Count == HistoryLength) _history.Dequeue();
        _history.Enqueue((process, ran, at));
    }

    private string Describe() => string.Join(
        ' ', _history.Select(static look => string.Create(CultureInfo.InvariantCulture, $"{look.At / 1_000_000}ms:{look.Process}:{look.Ran / 1000}us")));

    /// <param name="since">When it was first looked at.</param>
    private sealed class Activity(long since)
    {
        private readonly Queue<(long At, long Ran)> _windows = new();
        private long _sum;

        public long Since => since;

        public long Add(long ran, long at)
        {
            while (_windows.TryPeek(out var oldest) && at - oldest.At > Span) _sum -= _windows.Dequeue().Ran;
            if (ran == 0) return _sum;
            _windows.Enqueue((at, ran));
            return _sum += ran;
        }

        public void Clear()
        {
            _windows.Clear();
            _sum = 0;
        }
    }
}
