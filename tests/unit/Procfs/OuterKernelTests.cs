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
    public void Facts_of_this_machine_are_read()
    {
        _kernel.AvailableMemoryBytes().ShouldBeGreaterThan(1L << 20);
        _kernel.NetworkInterfaces(Environment.ProcessId).ShouldContain("lo");
        _kernel.BoundingCapabilities().ShouldContain("SYS_ADMIN");
        _kernel.Release.ShouldNotBeNullOrEmpty();
    }
}
