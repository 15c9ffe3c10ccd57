using HostSwap.Orchestrator.Procfs;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Procfs;

public sealed class OuterKernelTests : IDisposable
{
    private readonly OuterKernel _kernel = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hostswap-unit-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Files_behind_a_link_are_read_while_others_are_being_renamed()
    {
        // The kernel then refuses to follow a ".." now and then, and wants to be asked again.
        var directory = Directory.CreateTempSubdirectory("hostswap-renaming-");
        using var stop = new CancellationTokenSource();
        var renaming = Task.Run(
            () =>
            {
                var (here, there) = (Path.Join(directory.FullName, "a"), Path.Join(directory.FullName, "b"));
                File.WriteAllText(here, "");
                for (; !stop.IsCancellationRequested; (here, there) = (there, here)) File.Move(here, there);
            },
            TestContext.Current.CancellationToken);
        try
        {
            for (var i = 0; i < 20_000; i++)
                _kernel.ReadText(Environment.ProcessId, "/proc/sys/../sys/kernel/../kernel/osrelease").ShouldBe(_kernel.Release);
        }
        finally
        {
            await stop.CancelAsync();
            await renaming;
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Two_names_of_one_file_are_the_same_file()
    {
        var file = Path.Join(_directory.FullName, "a");
        var link = Path.Join(_directory.FullName, "b");
        var other = Path.Join(_directory.FullName, "c");
        File.WriteAllText(file, "");
        File.WriteAllText(other, "");
        File.CreateSymbolicLink(link, file);

        var facts = _kernel.Look(Environment.ProcessId, file)!;
        facts.IsSameFileAs(_kernel.Look(Environment.ProcessId, link)!).ShouldBeTrue();
        facts.IsSameFileAs(_kernel.Look(Environment.ProcessId, other)!).ShouldBeFalse();
        facts.Owner.ShouldBe("0:0");
    }

    [Fact]
    public void What_is_not_there_is_null()
    {
        _kernel.Look(Environment.ProcessId, Path.Join(_directory.FullName, "nothing")).ShouldBeNull();
        _kernel.PidNamespace(int.MaxValue).ShouldBeNull();
    }

    [Fact]
    public void What_a_process_has_open_is_seen_with_its_access()
    {
        var (read, written) = (Path.Join(_directory.FullName, "read"), Path.Join(_directory.FullName, "written"));
        File.WriteAllText(read, "");
        using var reader = new FileStream(read, FileMode.Open, FileAccess.Read);
        using var writer = new FileStream(written, FileMode.Create, FileAccess.ReadWrite);

        var open = _kernel.OpenFiles(Environment.ProcessId);

        IsWritable(read).ShouldBeFalse();
        IsWritable(written).ShouldBeTrue();
        _kernel.OpenFiles(int.MaxValue).ShouldBeEmpty();

        bool IsWritable(string path) =>
            open.Single(file => file.File.IsSameStorageAs(_kernel.Look(Environment.ProcessId, path)!)).Writable;
    }

    [Fact]
    public void The_user_of_a_process_is_told()
    {
        _kernel.UserOf(Environment.ProcessId)!.User.ShouldBe(0u);
        _kernel.UserOf(Environment.ProcessId)!.Groups.ShouldContain(0u);
        _kernel.UserOf(int.MaxValue).ShouldBeNull();
    }

    [Fact]
    public void A_small_text_of_the_kernel_is_read_inside_a_container()
    {
        _kernel.ReadText(Environment.ProcessId, "/proc/sys/kernel/ostype").ShouldBe("Linux");
        _kernel.ReadText(Environment.ProcessId, "/sys/class/net/nothing/brif/x/state").ShouldBeNull();
        var large = Path.Join(_directory.FullName, "large");
        File.WriteAllText(large, new string('a', 100_000));
        _kernel.ReadText(Environment.ProcessId, large)!.Length.ShouldBe(4096);
    }

    [Fact]
    public void Facts_of_this_machine_are_read()
    {
        _kernel.AvailableMemoryBytes().ShouldBeGreaterThan(1L << 20);
        _kernel.NetworkInterfaces(Environment.ProcessId).ShouldContain("lo");
        _kernel.BoundingCapabilities().ShouldContain("SYS_ADMIN");
        _kernel.Release.ShouldNotBeNullOrEmpty();
    }
}
