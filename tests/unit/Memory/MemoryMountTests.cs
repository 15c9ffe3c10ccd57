using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Memory;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Memory;

public sealed class MemoryMountTests : IDisposable
{
    private const string Pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/";

    private readonly SwapWorld _world = new();
    private MemorySettings _memory = SettingsDefaults.Memory;

    public MemoryMountTests()
    {
        Kernel.Total = 10L << 30;
        Kernel.Texts[(Environment.ProcessId, TransparentHugePages.Override)] = "always within_size advise [never] deny force";
        SetPool(pages: 1000, free: 400);
    }

    private FakeKernel Kernel => _world.Kernel;

    private FakeMounts Mounts => Kernel.Mounts;

    private string Target => _world.Paths.Memory;

    private MemoryMount Mount => new(_world.Settings with { Memory = _memory }, Kernel);

    public void Dispose() => _world.Dispose();

    [Fact]
    public void It_is_made_once()
    {
        Mount.Find().ShouldBeNull();

        Mount.Ensure().ShouldContain("mounted tmpfs");
        Mount.Ensure().ShouldContain("of 9216 MiB in use");

        Mounts.Calls.ShouldBe([$"mount tmpfs {Target} size={9L << 30},huge=advise,mode=0755"]);
    }

    [Fact]
    public void A_kernel_without_huge_pages_for_tmpfs_is_not_told_of_them()
    {
        Kernel.Texts.Remove((Environment.ProcessId, TransparentHugePages.Override));

        Mount.Ensure();
        Mount.Ensure();

        Mounts.Calls.ShouldHaveSingleItem().ShouldNotContain("huge");
    }

    [Fact]
    public void Another_size_or_advice_is_taken_over()
    {
        Mount.Ensure();
        _memory = _memory with { Size = MemorySize.OfBytes(4L << 30), Advice = HugePageAdvice.Always };

        Mount.Ensure().ShouldContain("changed to tmpfs");

        Mounts.Calls[^1].ShouldBe($"remount {Target} size={4L << 30},huge=always");
        Mount.Find()!.SizeBytes.ShouldBe(4L << 30);
    }

    [Fact]
    public void A_size_below_what_is_in_use_is_not_taken_over_and_said_so()
    {
        Mount.Ensure();
        Mounts.Used = 5L << 30;
        _memory = _memory with { Size = MemorySize.OfBytes(4L << 30) };

        Mount.Ensure().ShouldBe("kept: 5120 MiB are in use, more than the 4096 MiB of memory.size");

        Mounts.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public void Another_backing_waits_for_the_next_boot()
    {
        Mount.Ensure();
        _memory = _memory with { Backing = MemoryBacking.Hugetlbfs };

        Mount.Ensure().ShouldBe("kept: tmpfs is mounted, and memory.backing is hugetlbfs");

        Mounts.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public void Huge_pages_are_a_part_of_their_pool()
    {
        _memory = _memory with { Backing = MemoryBacking.Hugetlbfs, Size = MemorySize.OfPercent(75) };

        Mount.Ensure();

        Mounts.Calls.ShouldBe([$"mount hugetlbfs {Target} pagesize={2 << 20},size={750L * (2 << 20)},mode=0755"]);
        Mount.Find()!.PageSizeBytes.ShouldBe(2 << 20);
        Mount.Ensure().ShouldContain("of 1500 MiB in use");
        _memory = _memory with { Size = MemorySize.OfPercent(50) };
        Mount.Ensure().ShouldContain("cannot change while it is mounted");
        Mounts.Calls.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(1 << 30, "no huge pages of 1GiB")]
    [InlineData(2 << 20, "the pool of 2MiB pages is empty")]
    public void Huge_pages_that_are_not_there_are_told(long page, string expected)
    {
        SetPool(pages: 0, free: 0);
        _memory = _memory with { Backing = MemoryBacking.Hugetlbfs, PageSizeBytes = page };

        Should.Throw<EnvironmentException>(() => Mount.Ensure()).Message.ShouldContain(expected);

        Mounts.Calls.ShouldBeEmpty();
    }

    [Fact]
    public void What_the_kernel_refuses_is_told_with_its_reason()
    {
        Mounts.Refusal = new IOException("mount: Operation not permitted");

        var error = Should.Throw<EnvironmentException>(() => Mount.Ensure());

        error.Message.ShouldContain("Operation not permitted");
        error.Remedy.ShouldContain("[memory]");
    }

    [Fact]
    public void What_is_not_as_it_was_asked_for_is_unmounted_again()
    {
        Mounts.Size = 1L << 30;

        Should.Throw<EnvironmentException>(() => Mount.Ensure()).Message.ShouldContain("not as it was asked for");

        Mounts.Calls[^1].ShouldBe($"unmount {Target}");
    }

    private void SetPool(int pages, int free)
    {
        Kernel.Texts[(Environment.ProcessId, Pool + "nr_hugepages")] = $"{pages}";
        Kernel.Texts[(Environment.ProcessId, Pool + "free_hugepages")] = $"{free}";
    }
}
