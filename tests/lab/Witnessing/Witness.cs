using HostSwap.Lab.Guests;
using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Witnessing;

/// <summary>
/// Watches throughout that no VM is run by two QEMU processes, independently of libvirt: by the run time of their
/// CPU threads in <c>/proc</c>, which shows all containers to the outer host.
/// <para>What it can tell, and what not:</para>
/// <list type="bullet">
/// <item>Whether a process executes its guest or only stands by is decided by <see cref="OwnershipTrace"/>; an overlap is
/// seen once both processes have run 5 ms in it, which takes busy guests some 10 to 20 ms and idle ones up to a few
/// hundred. Of a shorter one the guests' own counters tell: two running copies write the same tick twice into the one log.</item>
/// <item>Under KVM an idle guest costs next to nothing, so there only guests with some load are told well.</item>
/// <item>New processes are looked for every <see cref="Census"/>; a QEMU takes longer than that to start.</item>
/// </list>
/// </summary>
public sealed class Witness : IAsyncDisposable
{
    /// <summary>Length of a window.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>How often new processes are looked for.</summary>
    public static readonly TimeSpan Census = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// A process keeps the command line of what started it until it becomes QEMU: one that is younger than this is looked at again.
    /// </summary>
    private static readonly TimeSpan Youth = TimeSpan.FromSeconds(10);

    private readonly Dictionary<int, QemuProcess> _processes = [];
    private readonly Dictionary<int, long> _others = [];
    private readonly Dictionary<Guid, OwnershipTrace> _traces = [];
    private readonly HashSet<Guid> _pairs = [];
    private readonly List<DoubleRun> _doubleRuns = [];
    private readonly Thread _thread;
    private volatile bool _watching = true;
    private volatile Exception? _failure;
    private long _samples;
    private long _longestGap;

    private readonly HashSet<Guid> _vms;

    private Witness(IEnumerable<Guid> vms)
    {
        _vms = [.. vms];
        _thread = new Thread(Watch) { IsBackground = true, Name = "witness" };
    }

    /// <summary>Begins to watch these VMs; those of other labs on this machine are their affair.</summary>
    public static Witness Start(IEnumerable<Guest> guests)
    {
        var witness = new Witness(guests.Select(static guest => guest.Spec.Uuid));
        witness._thread.Start();
        return witness;
    }

    /// <summary>Stops, and says what was seen.</summary>
    public async Task<WitnessReport> StopAsync()
    {
        _watching = false;
        await Task.Run(_thread.Join);
        if (_failure is { } failure) throw new LabException($"the witness failed: {failure.Message}", failure);
        return new WitnessReport(_samples, TimeSpan.FromTicks(_longestGap / 100), _pairs, _doubleRuns);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watching = false;
        await Task.Run(_thread.Join);
    }

    private void Watch()
    {
        try
        {
            Native.PreferThisThread();
            long interval = Interval.Ticks * 100, census = 0, last = Native.MonotonicNanoseconds();
            for (var due = last; _watching; due += interval)
            {
                Native.SleepUntil(due);
                var now = Native.MonotonicNanoseconds();
                if (now >= census)
                {
                    TakeCensus(now);
                    census = now + (Census.Ticks * 100);
                }

                Sample(now);
                _samples++;
                _longestGap = Math.Max(_longestGap, now - last);
                last = now;
            }
        }
        catch (Exception exception)
        {
            // Rethrown to whoever stops the witness; on a thread of its own it would end the whole program.
            _failure = exception;
        }
        finally
        {
            foreach (var process in _processes.Values) process.Dispose();
        }
    }

    private void TakeCensus(long now)
    {
        HashSet<int> alive = [.. QemuProcess.ProcessIds()];
        foreach (var gone in _processes.Keys.Where(pid => !alive.Contains(pid)).ToList()) Forget(gone);
        foreach (var gone in _others.Keys.Where(pid => !alive.Contains(pid)).ToList()) _others.Remove(gone);
        foreach (var pid in alive)
        {
            if (_processes.ContainsKey(pid)) continue;
            if (!_others.TryGetValue(pid, out var firstSeen)) _others[pid] = firstSeen = now;
            if (now - firstSeen > Youth.Ticks * 100) continue;
            if (QemuProcess.TryOpen(pid) is not { } process || !_vms.Contains(process.Uuid)) continue;
            _processes[pid] = process;
            _others.Remove(pid);
        }

        foreach (var process in _processes.Values.Where(static process => !process.HasThreads)) process.FindThreads();
        _pairs.UnionWith(_processes.Values.GroupBy(static process => process.Uuid).Where(static group => group.Skip(1).Any()).Select(static group => group.Key));
    }

    private void Sample(long now)
    {
        List<int>? ended = null;
        foreach (var process in _processes.Values)
        {
            if (process.TakeRunTime() is not { } ran)
            {
                (ended ??= []).Add(process.Pid);
                continue;
            }

            if (!_traces.TryGetValue(process.Uuid, out var trace)) _traces[process.Uuid] = trace = new OwnershipTrace(process.Uuid);
            if (ran > 0 && trace.Owner is { } owner && owner != process.Pid && process.IsExiting) continue;
            if (trace.Observe(process.Pid, ran, now) is { } doubleRun) _doubleRuns.Add(doubleRun);
        }

        foreach (var pid in ended ?? []) Forget(pid);
    }

    private void Forget(int pid)
    {
        if (!_processes.Remove(pid, out var process)) return;
        _traces.GetValueOrDefault(process.Uuid)?.Forget(pid);
        process.Dispose();
    }
}
