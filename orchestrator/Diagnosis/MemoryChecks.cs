using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Diagnosis;

/// <summary>Whether the memory mount is there, large enough, and backed by huge pages as it is configured.</summary>
public sealed class MemoryChecks(HostSwapSettings settings, IOuterKernel kernel)
{
    private const string MountName = "memory-mount";
    private const string PagesName = "huge-pages";

    private readonly MemoryMount _mount = new(settings, kernel);

    /// <summary>Looks; changes nothing.</summary>
    public IEnumerable<HealthCheck> Run()
    {
        MemoryMountState? present = null;
        yield return Guarded(MountName, () => Mount(present = _mount.Find()));
        yield return Guarded(PagesName, () => settings.Memory.Backing == MemoryBacking.Tmpfs ? Transparent(present) : Pool());
    }

    private static HealthCheck Guarded(string name, Func<HealthCheck> look)
    {
        try
        {
            return look();
        }
        catch (HostSwapException exception)
        {
            return new HealthCheck(name, HealthStatus.Error, exception.Message, exception.Remedy);
        }
    }

    private HealthCheck Mount(MemoryMountState? present)
    {
        if (present is null)
        {
            return new HealthCheck(
                MountName, HealthStatus.Warning, $"nothing is mounted on {settings.Paths.Memory}", "Run 'hostctl memory mount', and enable hostswap-memory.service.");
        }

        var seen = $"{present.FileSystem} on {settings.Paths.Memory}: {SizeText.Rounded(present.UsedBytes)} of {SizeText.Rounded(present.SizeBytes)} in use";
        if (_mount.Difference(present) is { } difference)
            return new HealthCheck(MountName, HealthStatus.Warning, $"{seen}; {difference}", "Correct [memory], or reboot with every VM shut down.");
        var promised = Promised();
        if (promised > present.SizeBytes)
        {
            return new HealthCheck(
                MountName,
                HealthStatus.Warning,
                $"{seen}; the VMs in it may come to need {SizeText.Rounded(promised)}, and one for which there is no room is killed",
                "Raise memory.size, or have fewer VMs prepared.");
        }

        return present.SizeBytes == _mount.WantedBytes()
            ? new HealthCheck(MountName, HealthStatus.Ok, seen, "")
            : new HealthCheck(
                MountName, HealthStatus.Warning, $"{seen}; memory.size asks for {SizeText.Rounded(_mount.WantedBytes())}", "Run 'hostctl memory mount'.");
    }

    /// <summary>What the files may grow to: QEMU makes each as long as its guest's RAM, and the pages come as they are touched.</summary>
    private long Promised()
    {
        var seen = new HashSet<(ulong Device, ulong Inode)>();
        var bytes = 0L;
        foreach (var file in Files(new DirectoryInfo(settings.Paths.Memory)))
        {
            // A file that passes from one generation to the next has two names for a moment.
            if (kernel.Look(Environment.ProcessId, file.FullName) is { } facts && seen.Add((facts.Device, facts.Inode)))
                bytes += file.Length;
        }

        return bytes;
    }

    private static IReadOnlyList<FileInfo> Files(DirectoryInfo root)
    {
        try
        {
            return [.. root.EnumerateFiles("*", SearchOption.AllDirectories)];
        }
        catch (DirectoryNotFoundException)
        {
            return []; // A VM ended while its directory was being read: there is nothing to be said of that moment.
        }
    }

    private HealthCheck Transparent(MemoryMountState? present)
    {
        var wanted = settings.Memory.Advice;
        var word = TransparentHugePages.Word(wanted);
        switch (TransparentHugePages.Setting(kernel))
        {
            case null when wanted != HugePageAdvice.Never:
                return new HealthCheck(
                    PagesName,
                    HealthStatus.Warning,
                    $"this kernel has no huge pages for tmpfs, so that memory.huge_pages \"{word}\" has no effect",
                    "Use a kernel with CONFIG_TRANSPARENT_HUGEPAGE, or set memory.huge_pages to \"never\".");
            case "deny" when wanted != HugePageAdvice.Never:
                return new HealthCheck(
                    PagesName,
                    HealthStatus.Warning,
                    $"{TransparentHugePages.Override} is \"deny\", so that memory.huge_pages \"{word}\" has no effect",
                    $"Write \"never\" or \"advise\" into {TransparentHugePages.Override}; neither changes what memory.huge_pages says.");
            case "force" when wanted != HugePageAdvice.Always:
                return new HealthCheck(
                    PagesName,
                    HealthStatus.Warning,
                    $"{TransparentHugePages.Override} is \"force\": every page of the mount is a huge one, whatever memory.huge_pages says",
                    $"Write \"never\" or \"advise\" into {TransparentHugePages.Override}.");
            case not null when present is not null && !string.Equals(present.Advice ?? "never", word, StringComparison.Ordinal):
                return new HealthCheck(
                    PagesName, HealthStatus.Warning, $"the mount has huge={present.Advice ?? "never"}, and memory.huge_pages is \"{word}\"", "Run 'hostctl memory mount'.");
            default:
                return new HealthCheck(PagesName, HealthStatus.Ok, $"huge={word} is in effect", "");
        }
    }

    private HealthCheck Pool()
    {
        var pool = HugePagePool.Read(kernel, settings.Memory.PageSizeBytes) ?? throw new EnvironmentException(
            "this machine has no huge pages of memory.page_size", "Set it to one that /sys/kernel/mm/hugepages lists.");
        var seen = $"{pool.Free} of {pool.Pages} pages of {SizeText.Format(pool.PageSize)} are free";
        return pool.Free > 0
            ? new HealthCheck(PagesName, HealthStatus.Ok, seen, "")
            : new HealthCheck(PagesName, HealthStatus.Error, $"{seen}; a prepared VM cannot start", "Raise vm.nr_hugepages, or set memory.backing to \"tmpfs\".");
    }
}
