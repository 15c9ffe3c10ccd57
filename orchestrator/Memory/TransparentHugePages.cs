using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Memory;

/// <summary>Huge pages of a tmpfs, and what the kernel has to say on them (Linux: <c>transhuge</c>).</summary>
public static class TransparentHugePages
{
    /// <summary>The file by which the kernel overrides the option of every tmpfs.</summary>
    public const string Override = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";

    /// <summary>The mount option's value for an advice.</summary>
    public static string Word(HugePageAdvice advice) => advice switch
    {
        HugePageAdvice.Advise => "advise",
        HugePageAdvice.WithinSize => "within_size",
        HugePageAdvice.Always => "always",
        _ => "never",
    };

    /// <summary>
    /// The setting of <see cref="Override"/>; null where this kernel has no huge pages for tmpfs, in which case it refuses
    /// the mount option as well. <c>deny</c> and <c>force</c> go before every mount's own option; all others do not touch it.
    /// </summary>
    public static string? Setting(IOuterKernel kernel)
    {
        // Every choice is listed, that in force in brackets.
        var text = kernel.ReadText(Environment.ProcessId, Override);
        if (text is null)
            return null;
        var (begin, end) = (text.IndexOf('['), text.IndexOf(']'));
        return begin >= 0 && end > begin ? text[(begin + 1)..end] : text;
    }
}
