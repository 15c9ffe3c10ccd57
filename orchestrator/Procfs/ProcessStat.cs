using System.Globalization;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>What <c>/proc/PID/stat</c> tells of a process (proc_pid_stat(5)).</summary>
/// <param name="State">Its state's letter: <c>T</c> stopped by a signal, <c>t</c> by a debugger, <c>Z</c> ended but not yet reaped.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot: with the pid it names one process for good within a boot.</param>
public sealed record ProcessStat(char State, long StartTicks)
{
    /// <summary>Names the running kernel's boot: another text after every reboot.</summary>
    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Whether it is held by a signal or a debugger.</summary>
    public bool IsStopped => State is 'T' or 't';

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => State is 'Z' or 'X';

    /// <summary>Reads it; null where there is no such process.</summary>
    public static ProcessStat? Read(int pid)
    {
        string text;
        try
        {
            text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        }
        catch (IOException)
        {
            return null; // It has ended, which is an answer.
        }

        // The second field is the program's name in brackets and may itself hold spaces and brackets.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessStat(fields[0][0], long.Parse(fields[19], CultureInfo.InvariantCulture));
    }
}
