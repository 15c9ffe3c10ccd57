using System.Globalization;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Locking;

/// <summary>
/// Who holds a lock, as the file beside it tells. Pids are reused: only with its start time and the machine's boot does
/// one name a process for good.
/// </summary>
/// <param name="Pid">Its process.</param>
/// <param name="StartTicks">When that process started, in clock ticks since boot (<c>/proc/PID/stat</c>, field 22).</param>
/// <param name="BootId">The boot that it ran in (<c>/proc/sys/kernel/random/boot_id</c>).</param>
/// <param name="Purpose">What the lock was taken for, as in <c>swap</c>.</param>
/// <param name="Since">When it was taken.</param>
public sealed record LockHolder(int Pid, long StartTicks, string BootId, string Purpose, DateTimeOffset Since)
{
    /// <summary>That very process as the kernel sees it now; null where it has ended.</summary>
    [JsonIgnore]
    public ProcessStat? Process =>
        RanInThisBoot && ProcessStat.Read(Pid) is { HasEnded: false } found && found.StartTicks == StartTicks ? found : null;

    /// <summary>Whether that very process still lives.</summary>
    [JsonIgnore]
    public bool IsAlive => Process is not null;

    /// <summary>Whether the machine has not been rebooted since.</summary>
    [JsonIgnore]
    public bool RanInThisBoot => string.Equals(BootId, ProcessStat.BootId, StringComparison.Ordinal);

    /// <summary>It by its verb and process, as in <c>'hostctl swap', process 123</c>.</summary>
    [JsonIgnore]
    public string Name => string.Create(CultureInfo.InvariantCulture, $"'hostctl {Purpose}', process {Pid}");

    /// <summary>Who it is, since when, and that it is stopped where it is.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}, since {Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC{(Process is { IsStopped: true } ? ", stopped (SIGSTOP or a debugger)" : "")}");

    /// <summary>Names a living process.</summary>
    /// <exception cref="ArgumentException">There is no such process.</exception>
    internal static LockHolder Of(int pid, string purpose, DateTimeOffset since) => ProcessStat.Read(pid) is { } found
        ? new LockHolder(pid, found.StartTicks, ProcessStat.BootId, purpose, since)
        : throw new ArgumentException($"There is no process {pid}.", nameof(pid));
}

/// <summary>What is known of a lock that is held.</summary>
/// <param name="Holder">Who holds it; null where it has not said so yet.</param>
/// <param name="Words">The same for people.</param>
public sealed record HeldBy(LockHolder? Holder, string Words);

/// <summary>JSON of the file beside the lock.</summary>
[JsonSerializable(typeof(LockHolder))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
internal sealed partial class LockJson : JsonSerializerContext;
