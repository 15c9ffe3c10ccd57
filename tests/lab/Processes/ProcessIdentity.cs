using System.Globalization;

namespace HostSwap.Lab.Processes;

/// <summary>
/// Names one process for good: pids are reused, so the start time (in clock ticks since boot) and the machine's
/// boot belong to it.
/// </summary>
public sealed record ProcessIdentity(int Pid, long StartTicks, string BootId)
{
    /// <summary>This process.</summary>
    public static ProcessIdentity Current { get; } =
        new(Environment.ProcessId, ReadStartTicks(Environment.ProcessId) ?? 0, ReadBootId());

    /// <summary>Whether that very process still lives on this machine.</summary>
    public bool IsAlive => string.Equals(BootId, Current.BootId, StringComparison.Ordinal)
        && ReadStartTicks(Pid) == StartTicks;

    /// <summary>Field 22 of <c>/proc/PID/stat</c>; null where there is no such process.</summary>
    public static long? ReadStartTicks(int pid) =>
        ReadFields(pid) is { } fields ? long.Parse(fields[19], CultureInfo.InvariantCulture) : null;

    /// <summary>Whether SIGSTOP holds it.</summary>
    public static bool IsStopped(int pid) => ReadFields(pid) is ["T", ..];

    /// <summary>The fields from the third, its state, on; null where there is no such process.</summary>
    private static string[]? ReadFields(int pid)
    {
        string text;
        try
        {
            text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        }
        catch (IOException)
        {
            return null;
        }

        // The second field is the program's name in brackets and may itself hold spaces and brackets.
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static string ReadBootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
