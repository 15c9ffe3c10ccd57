namespace HostSwap.Orchestrator.Errors;

/// <summary>
/// An expected failure: what went wrong, where, and what the operator can do about it.
/// Everything that is not one of these is a defect and ends the program as such.
/// </summary>
public abstract class HostSwapException(string message, string remedy, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What to do about it, as one sentence addressed to the operator.</summary>
    public string Remedy { get; } = remedy;
}

/// <summary>The configuration, a flag or an argument is wrong; nothing was touched.</summary>
public sealed class UsageException(string message, string remedy, Exception? inner = null)
    : HostSwapException(message, remedy, inner);

/// <summary>Something that hostctl needs on this machine is absent or broken (Docker, an image, a directory).</summary>
public sealed class EnvironmentException(string message, string remedy, Exception? inner = null)
    : HostSwapException(message, remedy, inner);

/// <summary>Another live hostctl holds this outer host's lock.</summary>
public sealed class LockedException(string message, string remedy) : HostSwapException(message, remedy);

/// <summary>One of the external systems refused or failed a call.</summary>
/// <param name="system">Who failed: <c>docker</c>, <c>libvirt gen-2</c>, <c>systemd gen-1</c> …</param>
/// <param name="call">The call that failed, in that system's own words.</param>
/// <param name="message">What it said.</param>
/// <param name="inner">The exception that told us.</param>
public sealed class AdapterException(string system, string call, string message, Exception? inner = null)
    : HostSwapException($"{system}: {call}: {message}", $"See the log of {system.Split(' ')[0]} for the reason.", inner)
{
    /// <summary>The external system that failed.</summary>
    public string System { get; } = system;

    /// <summary>The call that failed.</summary>
    public string Call { get; } = call;
}

/// <summary>An awaited condition did not come about in time.</summary>
/// <param name="awaited">What was waited for, as it would complete the sentence "waited for …".</param>
/// <param name="limit">How long it was waited for.</param>
/// <param name="lastSeen">What was seen last instead.</param>
public sealed class DeadlineException(string awaited, TimeSpan limit, string lastSeen)
    : HostSwapException(
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"waited {limit.TotalSeconds:0.#} s for {awaited}; last seen: {lastSeen}"),
        "Find out what held it up, or raise the limit in the configuration.");

/// <summary>
/// An invariant of the product is broken in the world: hostctl stops and resumes nothing.
/// </summary>
public class OwnershipException(
    string message,
    string remedy = "A person must decide which copy is the right one: compare both sides with 'hostctl vm list' and virsh before destroying either.")
    : HostSwapException(message, remedy);

/// <summary>
/// A post-copy migration has broken off, or does not end: the guest's memory is in part on either side, and neither is
/// the whole of it.
/// </summary>
/// <param name="name">The VM's name.</param>
/// <param name="uuid">The VM.</param>
/// <param name="seen">What both sides show of it.</param>
public sealed class PostCopyBrokenException(string name, Guid uuid, string seen)
    : OwnershipException(
        $"VM {name} ({uuid}): its post-copy migration has not come to its end, its memory is in part on either side: {seen}",
        "Resume and destroy it on neither side: 'hostctl resume' tries to mend it, which needs the QEMU of both. Where one is gone, the guest can only be started anew.");
