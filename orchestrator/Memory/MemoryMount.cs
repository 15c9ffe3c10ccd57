using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Memory;

/// <summary>
/// The one mount in which VMs that are ready for handover have their RAM. It is bound into every host container: link(2), by
/// which a VM's RAM passes from one generation to the next, fails from one mount to another. It must be there before a
/// container is created or started, since a container sees what was there at that moment.
/// </summary>
public sealed class MemoryMount(HostSwapSettings settings, IOuterKernel kernel)
{
    private const string Tmpfs = "tmpfs";
    private const string Hugetlbfs = "hugetlbfs";

    private MemorySettings Wanted => settings.Memory;

    private string Target => settings.Paths.Memory;

    /// <summary>What is mounted now; null where nothing is.</summary>
    public MemoryMountState? Find()
    {
        // The last one is what is seen, should there be several on top of each other.
        var entry = kernel.Mounts.List().LastOrDefault(mount => string.Equals(mount.Target, Target, StringComparison.Ordinal));
        if (entry is null)
            return null;
        var use = kernel.Mounts.Use(Target);
        var page = entry.Options.TryGetValue("pagesize", out var text) ? PageSize(text) : null;
        return new MemoryMountState(entry.FileSystem, use.SizeBytes, use.UsedBytes, page, entry.Options.GetValueOrDefault("huge"));
    }

    /// <summary>The size that the configuration asks for, in bytes.</summary>
    /// <exception cref="EnvironmentException">This machine has no huge pages of the configured size, or none in their pool.</exception>
    public long WantedBytes()
    {
        if (Wanted.Backing == MemoryBacking.Tmpfs)
            return Wanted.Size.Of(kernel.TotalMemoryBytes(), Environment.SystemPageSize);
        var pool = Pool();
        return Wanted.Size.Of(pool.Bytes, pool.PageSize);
    }

    /// <summary>What keeps the mount from being as it is configured until the next boot; null where nothing does.</summary>
    public string? Difference(MemoryMountState present)
    {
        if (!string.Equals(present.FileSystem, FileSystem, StringComparison.Ordinal))
            return $"{present.FileSystem} is mounted, and memory.backing is {FileSystem}";
        if (Wanted.Backing == MemoryBacking.Hugetlbfs && Pool().PageSize is var page && present.PageSizeBytes != page)
            return $"it has pages of {SizeText.Format(present.PageSizeBytes ?? 0)}, and memory.page_size is {SizeText.Format(page)}";
        var size = WantedBytes();
        if (present.SizeBytes == size)
            return null;
        if (Wanted.Backing == MemoryBacking.Hugetlbfs)
            return $"it holds at most {SizeText.Rounded(present.SizeBytes)}, not {SizeText.Rounded(size)}, which hugetlbfs cannot change while it is mounted";
        return present.UsedBytes > size
            ? $"{SizeText.Rounded(present.UsedBytes)} are in use, more than the {SizeText.Rounded(size)} of memory.size"
            : null;
    }

    /// <summary>
    /// Mounts it where it is not, and has a tmpfs take over a changed size or advice. Again changes nothing. What cannot be
    /// changed while VMs use it stays as it is: <see cref="Difference"/> says so.
    /// </summary>
    /// <returns>What was seen afterwards.</returns>
    /// <exception cref="EnvironmentException">It cannot be mounted, or is not there afterwards.</exception>
    public string Ensure()
    {
        if (Find() is not { } present)
            return $"mounted {Describe(Make())}";
        if (Difference(present) is { } difference)
            return $"kept: {difference}";
        if (Wanted.Backing == MemoryBacking.Hugetlbfs || (present.SizeBytes == WantedBytes() && IsAdvisedAsWanted(present)))
            return Describe(present);

        Call("changed", () => kernel.Mounts.Remount(Target, Options()));
        return Find() is { } changed && changed.SizeBytes == WantedBytes()
            ? $"changed to {Describe(changed)}"
            : throw NotAsAsked("changed");
    }

    private string FileSystem => Wanted.Backing == MemoryBacking.Tmpfs ? Tmpfs : Hugetlbfs;

    private MemoryMountState Make()
    {
        Call("made", () => kernel.Mounts.Mount(FileSystem, Target, Options() + ",mode=0755"));
        if (Find() is { } made && Difference(made) is null && made.SizeBytes == WantedBytes())
            return made;

        // What was not asked for must not be taken by containers for what was.
        Call("removed again", () => kernel.Mounts.Unmount(Target));
        throw NotAsAsked("made");
    }

    private string Options()
    {
        var options = string.Create(CultureInfo.InvariantCulture, $"size={WantedBytes()}");
        if (Wanted.Backing == MemoryBacking.Hugetlbfs)
            return string.Create(CultureInfo.InvariantCulture, $"pagesize={Pool().PageSize},{options}");
        return TransparentHugePages.Setting(kernel) is null ? options : $"{options},huge={TransparentHugePages.Word(Wanted.Advice)}";
    }

    /// <summary>The kernel does not list the option where it is "never".</summary>
    private bool IsAdvisedAsWanted(MemoryMountState present) =>
        TransparentHugePages.Setting(kernel) is null
        || string.Equals(present.Advice ?? "never", TransparentHugePages.Word(Wanted.Advice), StringComparison.Ordinal);

    private HugePagePool Pool()
    {
        var pool = HugePagePool.Read(kernel, Wanted.PageSizeBytes) ?? throw new EnvironmentException(
            $"this machine has no huge pages of {(Wanted.PageSizeBytes is { } size ? SizeText.Format(size) : "any size")}",
            "Set memory.page_size to one that /sys/kernel/mm/hugepages lists, or memory.backing to \"tmpfs\".");
        return pool.Pages > 0 ? pool : throw new EnvironmentException(
            $"the pool of {SizeText.Format(pool.PageSize)} pages is empty",
            "Set some aside with vm.nr_hugepages or, at boot, hugepagesz= and hugepages=; or set memory.backing to \"tmpfs\".");
    }

    private void Call(string what, Action call)
    {
        try
        {
            call();
        }
        catch (IOException exception)
        {
            throw new EnvironmentException(
                $"the memory mount {Target} cannot be {what}: {exception.Message}",
                "Run hostctl as root with CAP_SYS_ADMIN, and look at [memory] in the configuration.",
                exception);
        }
    }

    private EnvironmentException NotAsAsked(string what) => new(
        $"the memory mount {Target} is not as it was asked for after it was {what}: {(Find() is { } seen ? Describe(seen) : "nothing is there")}",
        "Look at [memory] in the configuration and at the kernel's log.");

    private string Describe(MemoryMountState state) =>
        $"{state.FileSystem} on {Target}: {SizeText.Rounded(state.UsedBytes)} of {SizeText.Rounded(state.SizeBytes)} in use";

    /// <summary>The kernel writes <c>pagesize=2M</c>, with K, M or G.</summary>
    private static long? PageSize(string text) => SizeText.TryParse(text + "iB", out var bytes) ? bytes : null;
}

/// <summary>The memory mount as it is seen.</summary>
/// <param name="FileSystem">Its type.</param>
/// <param name="SizeBytes">The most that it may hold.</param>
/// <param name="UsedBytes">What it holds.</param>
/// <param name="PageSizeBytes">Page size of hugetlbfs; null for a tmpfs.</param>
/// <param name="Advice">The <c>huge</c> option; null where the kernel lists none, which means "never".</param>
public sealed record MemoryMountState(string FileSystem, long SizeBytes, long UsedBytes, long? PageSizeBytes, string? Advice);
