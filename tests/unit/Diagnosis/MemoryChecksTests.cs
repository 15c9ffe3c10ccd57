using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Diagnosis;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Procfs;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Diagnosis;

public sealed class MemoryChecksTests : IDisposable
{
    private readonly SwapWorld _world = new();
    private MemorySettings _memory = SettingsDefaults.Memory with { Size = MemorySize.OfBytes(1L << 30) };

    public MemoryChecksTests()
    {
        Directory.CreateDirectory(_world.Paths.Memory);
        SetOverride("never");
    }

    private HostSwapSettings Settings => _world.Settings with { Memory = _memory };

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Nothing_mounted_is_a_warning_with_what_to_do()
    {
        var check = Check("memory-mount");

        (check.Status, check.Fix).ShouldBe((HealthStatus.Warning, "Run 'hostctl memory mount', and enable hostswap-memory.service."));
    }

    [Fact]
    public void Size_and_use_are_told()
    {
        new MemoryMount(Settings, _world.Kernel).Ensure();
        _world.Kernel.Mounts.Used = 512L << 20;

        var check = Check("memory-mount");

        check.Status.ShouldBe(HealthStatus.Ok);
        check.Message.ShouldEndWith("512 MiB of 1024 MiB in use");
    }

    [Fact]
    public void More_RAM_than_there_is_room_for_is_a_warning_and_a_file_of_two_names_counts_once()
    {
        new MemoryMount(Settings, _world.Kernel).Ensure();
        MakeFile("a", inode: 1, mebibytes: 600);
        MakeFile("b", inode: 1, mebibytes: 600);
        Check("memory-mount").Status.ShouldBe(HealthStatus.Ok);

        MakeFile("c", inode: 2, mebibytes: 600);

        var check = Check("memory-mount");
        check.Status.ShouldBe(HealthStatus.Warning);
        check.Message.ShouldContain("may come to need 1200 MiB");
    }

    [Fact]
    public void Another_size_than_the_configured_one_is_a_warning()
    {
        new MemoryMount(Settings, _world.Kernel).Ensure();
        _memory = _memory with { Size = MemorySize.OfBytes(2L << 30) };

        Check("memory-mount").Message.ShouldContain("memory.size asks for 2048 MiB");
    }

    [Theory]
    [InlineData("never", HugePageAdvice.Advise, HealthStatus.Ok, "huge=advise is in effect")]
    [InlineData("force", HugePageAdvice.Always, HealthStatus.Ok, "huge=always is in effect")]
    [InlineData("deny", HugePageAdvice.Never, HealthStatus.Ok, "huge=never is in effect")]
    [InlineData("deny", HugePageAdvice.Advise, HealthStatus.Warning, "has no effect")]
    [InlineData("force", HugePageAdvice.Advise, HealthStatus.Warning, "every page of the mount is a huge one")]
    [InlineData(null, HugePageAdvice.Never, HealthStatus.Ok, "huge=never is in effect")]
    [InlineData(null, HugePageAdvice.WithinSize, HealthStatus.Warning, "this kernel has no huge pages for tmpfs")]
    public void Whether_the_advice_is_in_effect_is_told(string? setting, HugePageAdvice advice, HealthStatus status, string expected)
    {
        SetOverride(setting);
        _memory = _memory with { Advice = advice };
        new MemoryMount(Settings, _world.Kernel).Ensure();

        var check = Check("huge-pages");

        check.Status.ShouldBe(status);
        check.Message.ShouldContain(expected);
        check.Fix.Length.ShouldBe(status == HealthStatus.Ok ? 0 : check.Fix.Length);
    }

    [Fact]
    public void An_advice_that_the_mount_does_not_have_is_a_warning()
    {
        new MemoryMount(Settings, _world.Kernel).Ensure();
        _memory = _memory with { Advice = HugePageAdvice.Always };

        Check("huge-pages").Message.ShouldBe("the mount has huge=advise, and memory.huge_pages is \"always\"");
    }

    [Fact]
    public void A_pool_that_is_used_up_is_an_error()
    {
        _memory = _memory with { Backing = MemoryBacking.Hugetlbfs };
        const string Pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
        _world.Kernel.Texts[(Environment.ProcessId, Pool + "nr_hugepages")] = "8";
        _world.Kernel.Texts[(Environment.ProcessId, Pool + "free_hugepages")] = "0";

        var check = Check("huge-pages");

        (check.Status, check.Message).ShouldBe((HealthStatus.Error, "0 of 8 pages of 2MiB are free; a prepared VM cannot start"));
    }

    private HealthCheck Check(string name) => new MemoryChecks(Settings, _world.Kernel).Run().Single(check => check.Name == name);

    private void SetOverride(string? setting)
    {
        var key = (Environment.ProcessId, TransparentHugePages.Override);
        if (setting is null)
            _world.Kernel.Texts.Remove(key);
        else
            _world.Kernel.Texts[key] = $"always [{setting}] other";
    }

    private void MakeFile(string name, ulong inode, int mebibytes)
    {
        var path = Path.Join(_world.Paths.Memory, name);
        using (var file = File.Create(path))
            file.SetLength((long)mebibytes << 20);
        _world.Kernel.Files[(Environment.ProcessId, path)] = new FileFacts(7, inode, 0, 0, 0x8000);
    }
}
