using System.Globalization;
using HostSwap.Lab;

namespace HostSwap.Bench.Measuring;

/// <summary>
/// Watches what all processes hold: their own memory, what is on every tmpfs (the RAM of VMs on the memory mount), page
/// tables and stacks; but for what the bench itself holds. What the kernel calls available would say more than is asked:
/// it moves by tens of MiB with the page cache and with pages that are on their way from one list to another.
/// </summary>
internal sealed class MemoryWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly string[] Fields = ["AnonPages:", "Shmem:", "PageTables:", "KernelStack:"];

    private readonly long _before = Held();
    private readonly Thread _thread;
    private volatile bool _watching = true;
    private long _most;

    private MemoryWatch()
    {
        _most = _before;
        _thread = new Thread(Watch) { IsBackground = true, Name = "memory" };
        _thread.Start();
    }

    /// <summary>Begins.</summary>
    public static MemoryWatch Start() => new();

    /// <summary>RAM of the machine.</summary>
    public static long Total() => Sum("/proc/meminfo", ["MemTotal:"]);

    /// <summary>Ends; returns how many bytes more than at the beginning were held at worst.</summary>
    public long Stop()
    {
        _watching = false;
        _thread.Join();
        return Math.Max(_most, Held()) - _before;
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private void Watch()
    {
        while (_watching)
        {
            _most = Math.Max(_most, Held());
            Thread.Sleep(Interval);
        }
    }

    private static long Held() => Sum("/proc/meminfo", Fields) - Sum("/proc/self/status", ["RssAnon:"]);

    private static long Sum(string file, IReadOnlyList<string> fields)
    {
        var values = File.ReadLines(file)
            .Where(line => fields.Any(field => line.StartsWith(field, StringComparison.Ordinal)))
            .Select(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^2], CultureInfo.InvariantCulture))
            .ToList();
        return values.Count == fields.Count ? values.Sum() << 10 : throw new LabException($"{file} does not have all of: {string.Join(' ', fields)}");
    }
}
