using System.Globalization;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Memory;

/// <summary>The kernel's pool of huge pages of one size (Linux: <c>hugetlbpage</c>, <c>/sys/kernel/mm/hugepages</c>).</summary>
/// <param name="PageSize">Size of a page in bytes.</param>
/// <param name="Pages">Pages in the pool.</param>
/// <param name="Free">Pages of it that are not in use.</param>
public sealed record HugePagePool(long PageSize, long Pages, long Free)
{
    private const string Directory = "/sys/kernel/mm/hugepages";

    /// <summary>The whole pool in bytes.</summary>
    public long Bytes => PageSize * Pages;

    /// <summary>Reads the pool of a page size; null where this machine has no such pages.</summary>
    /// <param name="kernel">The outer host's kernel.</param>
    /// <param name="pageSize">In bytes; null for the kernel's default size.</param>
    public static HugePagePool? Read(IOuterKernel kernel, long? pageSize)
    {
        if ((pageSize ?? kernel.DefaultHugePageBytes()) is not { } size)
            return null;
        var name = string.Create(CultureInfo.InvariantCulture, $"{Directory}/hugepages-{size >> 10}kB");
        return Number(kernel, $"{name}/nr_hugepages") is { } pages && Number(kernel, $"{name}/free_hugepages") is { } free
            ? new HugePagePool(size, pages, free)
            : null;
    }

    private static long? Number(IOuterKernel kernel, string path) =>
        long.TryParse(kernel.ReadText(Environment.ProcessId, path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
