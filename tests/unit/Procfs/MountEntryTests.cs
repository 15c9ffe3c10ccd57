using HostSwap.Orchestrator.Procfs;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Procfs;

public sealed class MountEntryTests
{
    [Fact]
    public void A_line_is_read_whatever_optional_fields_it_has()
    {
        var entries = MountEntry.Parse(
            """
            36 35 0:42 / /run/hostswap/memory rw,nosuid,nodev,noexec - tmpfs hostswap rw,size=1048576k,mode=755,huge=advise
            37 35 0:43 /sub /mnt\040with\011odd\134names rw shared:1 master:2 - hugetlbfs none rw,pagesize=2M
            """);

        entries.Count.ShouldBe(2);
        (entries[0].Target, entries[0].Root, entries[0].FileSystem).ShouldBe(("/run/hostswap/memory", "/", "tmpfs"));
        (entries[0].Device, entries[0].Source).ShouldBe((42UL, "hostswap"));
        entries[0].Options["huge"].ShouldBe("advise");
        entries[0].Options["rw"].ShouldBe("");
        entries[1].Target.ShouldBe("/mnt with\todd\\names");
        entries[1].Root.ShouldBe("/sub");
        entries[1].Options["pagesize"].ShouldBe("2M");
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("36 35 0:42 / /mnt rw shared:1")]
    [InlineData("36 35 0:42 / /mnt rw - tmpfs")]
    public void What_is_no_line_of_it_is_left_out(string text) => MountEntry.Parse(text).ShouldBeEmpty();

    [Fact]
    public void The_mounts_of_this_process_are_seen()
    {
        var mounts = new KernelMounts();

        mounts.List().ShouldContain(mount => mount.Target == "/proc" && mount.FileSystem == "proc");
        mounts.Use("/").SizeBytes.ShouldBeGreaterThan(mounts.Use("/").UsedBytes);
    }

    [Fact]
    public void What_the_kernel_refuses_is_told_with_its_reason() =>
        Should.Throw<IOException>(() => new KernelMounts().Unmount("/nothing/is/here")).Message.ShouldBe("unmount /nothing/is/here: No such file or directory");
}
