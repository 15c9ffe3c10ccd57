using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Procfs;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Handover;

/// <summary>The second name of a RAM file: that very file's, by a hard link and by nothing else.</summary>
public sealed class RamLinksTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("hostswap-ram-");
    private readonly MappedFile _ram;

    public RamLinksTests()
    {
        File.WriteAllText(Source, "RAM");
        var facts = ContainerFiles.LookOutside(Source)!;
        _ram = new MappedFile("/run/hostswap/memory/gen-1/libvirt/qemu/3-web/pc.ram", facts.Device, facts.Inode, Shared: true);
    }

    private string Source => Path.Join(_directory.FullName, "old");

    private string Second => Path.Join(_directory.FullName, "new");

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>libvirt removes its own name when a domain ends: the other one must stay, with what is in it.</summary>
    [Fact]
    public void It_is_a_hard_link_that_outlives_the_first_name()
    {
        RamLinks.TryLink(Source, Second, _ram).ShouldBeNull();
        new FileInfo(Second).LinkTarget.ShouldBeNull();
        File.Delete(Source);
        File.ReadAllText(Second).ShouldBe("RAM");
    }

    [Fact]
    public void One_of_an_earlier_try_is_taken()
    {
        RamLinks.TryLink(Source, Second, _ram).ShouldBeNull();
        RamLinks.TryLink(Source, Second, _ram).ShouldBeNull();
    }

    [Fact]
    public void Another_file_is_refused_and_left_as_it_is()
    {
        File.WriteAllText(Second, "fresh");
        RamLinks.TryLink(Source, Second, _ram)!.ShouldContain("is not the file that the VM has as RAM");
        File.ReadAllText(Second).ShouldBe("fresh");
    }

    /// <summary>libvirt's clean-up follows symbolic links, and would destroy the VM's own file.</summary>
    [Fact]
    public void A_symbolic_link_is_refused_though_it_leads_to_the_right_file()
    {
        File.CreateSymbolicLink(Second, Source);
        RamLinks.TryLink(Source, Second, _ram)!.ShouldContain("is not the file that the VM has as RAM");
    }

    [Fact]
    public void A_file_that_has_lost_its_name_is_refused()
    {
        File.Delete(Source);
        RamLinks.TryLink(Source, Second, _ram)!.ShouldContain("cannot be linked");
        File.Exists(Second).ShouldBeFalse();
    }

    /// <summary>As by somebody who puts another file in its place just then.</summary>
    [Fact]
    public void A_name_that_has_become_another_files_is_refused()
    {
        File.Move(Source, Path.Join(_directory.FullName, "away"));
        File.WriteAllText(Source, "another");
        RamLinks.TryLink(Source, Second, _ram)!.ShouldContain("is not the file that the VM has as RAM");
    }
}
