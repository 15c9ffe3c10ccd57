namespace HostSwap.Orchestrator.Configuration;

/// <summary>The mount that holds the RAM of VMs which are ready for handover.</summary>
/// <param name="Size">How much it may hold: a limit, not a reservation.</param>
/// <param name="Backing">The kind of file system.</param>
/// <param name="PageSizeBytes">Page size of hugetlbfs; null for the kernel's default one.</param>
/// <param name="Advice">When a tmpfs uses huge pages.</param>
public sealed record MemorySettings(MemorySize Size, MemoryBacking Backing, long? PageSizeBytes, HugePageAdvice Advice);

/// <summary>The kinds of memory mount.</summary>
public enum MemoryBacking
{
    /// <summary>Ordinary memory, given as it is touched (tmpfs(5)).</summary>
    Tmpfs,

    /// <summary>Huge pages out of the kernel's pool, which the operator has set aside (Linux: <c>hugetlbpage</c>).</summary>
    Hugetlbfs,
}

/// <summary>The <c>huge=</c> option of a tmpfs (Linux: <c>transhuge</c>).</summary>
public enum HugePageAdvice
{
    /// <summary>Never.</summary>
    Never,

    /// <summary>Where a program asks for them by madvise(2), as QEMU does for guest RAM.</summary>
    Advise,

    /// <summary>Where they lie wholly within the file, or a program asks for them.</summary>
    WithinSize,

    /// <summary>Always.</summary>
    Always,
}

/// <summary>A size that is told in bytes, or as a part of what there is; exactly one of the two.</summary>
/// <param name="Percent">Part of the RAM, or with hugetlbfs of the pool; 1 to 100.</param>
/// <param name="Bytes">Bytes.</param>
public sealed record MemorySize(int? Percent, long? Bytes)
{
    /// <summary>A part of what there is.</summary>
    public static MemorySize OfPercent(int percent) => new(percent, Bytes: null);

    /// <summary>A number of bytes.</summary>
    public static MemorySize OfBytes(long bytes) => new(Percent: null, bytes);

    /// <summary>The size in bytes where there are <paramref name="whole"/>, in whole pages.</summary>
    public long Of(long whole, long pageSize)
    {
        var bytes = Bytes ?? (long)((Int128)whole * Percent!.Value / 100);
        return bytes / pageSize * pageSize;
    }
}
