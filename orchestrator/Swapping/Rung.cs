namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// What a copy can be given where it does not converge, from the mildest to the last. Parallel connections are no rung:
/// QEMU takes them only as a migration begins, and to climb to them would throw away all that has been sent, so that
/// they are used from the start. Auto-converge is told at the start as well, but throttles only when it has to.
/// </summary>
public enum Rung
{
    /// <summary>Nothing: it converges by itself.</summary>
    None,

    /// <summary>More bandwidth.</summary>
    Bandwidth,

    /// <summary>QEMU throttles the guest's CPUs (auto-converge).</summary>
    AutoConverge,

    /// <summary>A longer downtime is allowed.</summary>
    Downtime,

    /// <summary>The guest runs on on the new side, and fetches what is missing.</summary>
    PostCopy,

    /// <summary>The guest is suspended until the copy is complete.</summary>
    Pause,

    /// <summary>It is aborted; the VM stays.</summary>
    Stay,
}

/// <summary>One step up.</summary>
/// <param name="Rung">To where.</param>
/// <param name="Why">Why, as in "… since WHY".</param>
/// <param name="MiBPerSecond">Of <see cref="Rung.Bandwidth"/>: the new limit; null for none.</param>
/// <param name="Downtime">Of <see cref="Rung.Downtime"/>: the new one.</param>
internal sealed record Climb(Rung Rung, string Why, long? MiBPerSecond = null, TimeSpan? Downtime = null)
{
    /// <summary>What it is, in words.</summary>
    public string InWords => FormattableString.Invariant($"{What}, since {Why}");

    private FormattableString What => Rung switch
    {
        Rung.Bandwidth when MiBPerSecond is { } limit => $"its bandwidth is raised to {limit} MiB/s",
        Rung.Bandwidth => $"the limit of its bandwidth is lifted",
        Rung.AutoConverge => $"QEMU throttles its CPUs",
        Rung.Downtime => $"it may stand still for {Downtime?.TotalMilliseconds:0} ms",
        Rung.PostCopy => $"it goes on on the new side by post-copy",
        Rung.Pause => $"it is suspended until the copy is complete",
        Rung.Stay => $"it is aborted and stays",
        _ => $"nothing",
    };
}
