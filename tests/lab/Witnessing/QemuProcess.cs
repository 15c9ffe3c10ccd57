using System.Globalization;
using System.Text;

namespace HostSwap.Lab.Witnessing;

/// <summary>
/// A QEMU process, of whichever container, with the threads that execute its guest.
/// <para>
/// libvirt starts QEMU with <c>debug-threads=on</c>, so these threads are named <c>CPU 0/TCG</c>, <c>CPU 0/KVM</c>.
/// Their run time in nanoseconds is the first number of <c>/proc/PID/task/TID/schedstat</c>: while a VM is paused, or
/// waits for its incoming migration, they sleep and it stands still.
/// </para>
/// </summary>
public sealed class QemuProcess : IDisposable
{
    private readonly string _directory;
    private readonly List<CpuThread> _threads = [];
    private readonly byte[] _buffer = new byte[96];

    private QemuProcess(int pid, Guid uuid, string directory) => (Pid, Uuid, _directory) = (pid, uuid, directory);

    /// <summary>Its process id as the outer host sees it.</summary>
    public int Pid { get; }

    /// <summary>The VM that it runs.</summary>
    public Guid Uuid { get; }

    /// <summary>Whether its threads have been found.</summary>
    public bool HasThreads => _threads.Count > 0;

    /// <summary>Looks at a process; null where it is no QEMU with a VM.</summary>
    public static QemuProcess? TryOpen(int pid)
    {
        var directory = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        var arguments = ReadArguments(directory);
        if (arguments.Length == 0 || !Path.GetFileName(arguments[0]).StartsWith("qemu-system-", StringComparison.Ordinal)) return null;
        var option = Array.IndexOf(arguments, "-uuid");
        return option >= 0 && option + 1 < arguments.Length && Guid.TryParse(arguments[option + 1], out var uuid)
            ? new QemuProcess(pid, uuid, directory)
            : null;
    }

    /// <summary>All QEMU processes with a VM on this machine, in all containers.</summary>
    public static IReadOnlyList<QemuProcess> All() =>
        [.. ProcessIds().Select(TryOpen).OfType<QemuProcess>()];

    /// <summary>Every process id.</summary>
    public static IEnumerable<int> ProcessIds() =>
        from path in Directory.EnumerateDirectories("/proc")
        let name = Path.GetFileName(path)
        where int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select int.Parse(name, CultureInfo.InvariantCulture);

    /// <summary>Finds its CPU threads; they are made a moment after the process.</summary>
    public void FindThreads()
    {
        try
        {
            foreach (var task in Directory.EnumerateDirectories($"{_directory}/task"))
            {
                if (_threads.Exists(known => string.Equals(known.Path, task, StringComparison.Ordinal))) continue;
                if (!File.ReadAllText($"{task}/comm").StartsWith("CPU ", StringComparison.Ordinal)) continue;
                _threads.Add(new CpuThread(task, File.OpenHandle($"{task}/schedstat", options: FileOptions.None)));
            }
        }
        catch (IOException)
        {
            // The process or the thread ended while it was looked at; the next look finds it gone.
        }
    }

    /// <summary>How much longer its guest has run since the last call, in nanoseconds; null once it has ended.</summary>
    public long? TakeRunTime()
    {
        long sum = 0;
        foreach (var thread in _threads)
        {
            int length;
            try
            {
                length = RandomAccess.Read(thread.Schedstat, _buffer, 0);
            }
            catch (IOException)
            {
                return null;
            }

            var text = _buffer.AsSpan(0, length);
            var blank = text.IndexOf((byte)' ');
            if (blank <= 0 || !long.TryParse(text[..blank], CultureInfo.InvariantCulture, out var runTime)) return null;
            if (thread.RunTime is { } before) sum += runTime - before;
            thread.RunTime = runTime;
        }

        return sum;
    }

    /// <summary>
    /// Whether it is ending. Freeing the guest's RAM takes some 10 ms of run time, which the kernel charges to whichever thread
    /// comes last, often a CPU thread; that is no guest running.
    /// </summary>
    public bool IsExiting => _threads.Exists(static thread => thread.IsExiting);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var thread in _threads) thread.Schedstat.Dispose();
        _threads.Clear();
    }

    private static string[] ReadArguments(string directory)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"{directory}/cmdline")).Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    private sealed class CpuThread(string path, Microsoft.Win32.SafeHandles.SafeFileHandle schedstat)
    {
        public string Path { get; } = path;

        public Microsoft.Win32.SafeHandles.SafeFileHandle Schedstat { get; } = schedstat;

        public long? RunTime { get; set; }

        /// <summary>Flag 4 (<c>PF_EXITING</c>) of field 9 of its <c>stat</c>, or no such file any more.</summary>
        public bool IsExiting
        {
            get
            {
                const uint Exiting = 4;
                try
                {
                    var text = File.ReadAllText($"{Path}/stat");
                    return (uint.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[6], CultureInfo.InvariantCulture) & Exiting) != 0;
                }
                catch (IOException)
                {
                    return true;
                }
            }
        }
    }
}
