using System.Globalization;
using HostSwap.Lab;

namespace HostSwap.Bench.Measuring;

/// <summary>
/// Watches how much memory the kernel calls available. Control groups would tell a container's share, but the RAM of a
/// VM on the memory mount belongs to whichever touched it first; what the machine has left is what matters.
/// </summary>
internal sealed class MemoryWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly long _before = Available();
    private readonly Thread _thread;
    private volatile bool _watching = true;
    private long _least;

    private MemoryWatch()
    {
        _least = _before;
        _thread = new Thread(Watch) { IsBackground = true, Name = "memory" };
        _thread.Start();
    }

    /// <summary>Begins.</summary>
    public static MemoryWatch Start() => new();

    /// <summary>RAM of the machine.</summary>
    public static long Total() => Read("MemTotal:");

    /// <summary>Ends; returns how many bytes fewer than at the beginning were available at worst.</summary>
    public long Stop()
    {
        _watching = false;
        _thread.Join();
        return Math.Max(0, _before - Math.Min(_least, Available()));
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private void Watch()
    {
        while (_watching)
        {
            _least = Math.Min(_least, Available());
            Thread.Sleep(Interval);
        }
    }

    private static long Available() => Read("MemAvailable:");

    private static long Read(string field)
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
            if (line.StartsWith(field, StringComparison.Ordinal))
                return long.Parse(line.AsSpan(field.Length).Trim()[..^3], CultureInfo.InvariantCulture) << 10;
        throw new LabException($"/proc/meminfo has no {field}");
    }
}
