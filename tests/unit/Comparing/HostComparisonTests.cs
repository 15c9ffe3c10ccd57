using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Comparing;

/// <summary>Two hosts are compared by what is meant, not by how it is written.</summary>
public sealed class HostComparisonTests : IDisposable
{
    private static readonly Guid Uuid = Guid.NewGuid();
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-comparing-");

    private GenerationPaths Paths => new(new HostSwapPaths(_root.FullName), 1);

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData("<network><name>a</name><mac address='1' x='2'/></network>", "<network connections='3'>\n  <name> a </name>\n  <mac x=\"2\" address=\"1\"/>\n</network>")]
    [InlineData("<pool type='dir'><name>a</name></pool>", "<pool type='dir'><name>a</name><capacity unit='bytes'>5</capacity><available unit='bytes'>1</available></pool>")]
    [InlineData("<domain><name>a</name><os><loader type='pflash'>a</loader><nvram>b</nvram></os></domain>", "<domain><name>a</name><os><loader format='raw' type='pflash'>a</loader><nvram format='raw' templateFormat='raw'>b</nvram></os></domain>")]
    [InlineData("<domain><name>a</name><devices><disk/><console/></devices></domain>", "<domain><devices><console/><audio id='1' type='none'/><watchdog model='itco'/><disk/></devices><name>a</name></domain>")]
    public void What_means_the_same_is_the_same_text(string one, string other) => DefinitionText.Normalise(one).ShouldBe(DefinitionText.Normalise(other));

    [Theory]
    [InlineData("<network><name>a</name></network>", "<network><name>b</name></network>")]
    [InlineData("<filter><rule a='1'/><rule a='2'/></filter>", "<filter><rule a='2'/><rule a='1'/></filter>")]
    [InlineData("<domain><devices><disk a='1'/><disk a='2'/></devices></domain>", "<domain><devices><disk a='2'/><disk a='1'/></devices></domain>")]
    [InlineData("<domain><devices><graphics passwd='a'/></devices></domain>", "<domain><devices><graphics passwd='b'/></devices></domain>")]
    public void What_does_not_is_not(string one, string other) => DefinitionText.Normalise(one).ShouldNotBe(DefinitionText.Normalise(other));

    [Fact]
    public void Passwords_are_not_shown() =>
        DefinitionText.Normalise("<domain><devices><graphics passwd='hunter2'/></devices></domain>").ShouldNotContain("hunter2");

    [Fact]
    public void Each_difference_is_told_with_what_differs()
    {
        HostObject[] from = [Object("gone"), Object("other"), Object("same")];
        HostObject[] to = [Object("other") with { Definition = "<b/>", Autostart = true, Active = false }, Object("same"), Object("new")];

        var differences = HostComparison.Compare(from, to);

        differences.Select(static difference => (difference.Kind, difference.Subject)).ShouldBe(
            [(DifferenceKind.Missing, "network gone"), (DifferenceKind.Changed, "network other"), (DifferenceKind.Extra, "network new")]);
        differences[1].What.ShouldBe("its definition; it was active and is not; it did not start by itself and does");
        differences[1].Diff.ShouldContain("-<a/>\n+<b/>");
        differences[1].Aspects.ShouldBe(DifferingAspects.Definition | DifferingAspects.NotActive | DifferingAspects.Autostart);
    }

    [Fact]
    public void Checkpoints_of_a_VM_are_compared()
    {
        var before = new HostMachine(Uuid, "db", DomainState.Running, Persistent: true, Autostart: true, "<domain/>") { Checkpoints = "first, first > second" };

        HostComparison.Compare([before], [before with { Checkpoints = "" }]).Single().What.ShouldBe("its checkpoints were: first, first > second, and are: none");
    }

    [Fact]
    public void Checkpoints_are_read_from_the_files_in_which_libvirt_keeps_them()
    {
        var directory = Directory.CreateDirectory(Path.Join(Paths.LibvirtState, "qemu", "checkpoint", "db")).FullName;
        File.WriteAllText(Path.Join(directory, "b.xml"), "<!-- libvirt's --><domaincheckpoint><name>b</name><parent><name>a</name></parent></domaincheckpoint>");
        File.WriteAllText(Path.Join(directory, "a.xml"), "<domaincheckpoint><name>a</name></domaincheckpoint>");
        File.WriteAllText(Path.Join(directory, "half.xml"), "<domaincheckpoint><name>");
        File.CreateSymbolicLink(Path.Join(directory, "link.xml"), "/etc/passwd");

        VmRemains.Checkpoints(Paths, "db").Select(static checkpoint => (checkpoint.Name, checkpoint.Parent)).ShouldBe([("a", null), ("b", "a")]);
        VmRemains.Checkpoints(Paths, "web").ShouldBeEmpty();
    }

    [Fact]
    public void VMs_are_told_apart_by_their_UUID()
    {
        var before = new HostMachine(Uuid, "db", DomainState.Running, Persistent: true, Autostart: true, "<domain/>");

        HostComparison.Compare([before], [before with { State = DomainState.Blocked }]).ShouldBeEmpty();
        HostComparison.Compare([before], [before with { Name = "db2", State = DomainState.ShutOff, Autostart = false }]).Single().What
            .ShouldBe("it was called db and is db2; it was Running and is ShutOff; it started by itself and does not");
        HostComparison.Compare([before], [before with { Uuid = Guid.NewGuid() }]).Count.ShouldBe(2);
    }

    [Fact]
    public void What_is_written_down_is_read_again_by_its_owner_alone()
    {
        Directory.CreateDirectory(Paths.State);
        LeftContents.Read(Paths).ShouldBeNull();
        var snapshot = new HostContents(
            DateTimeOffset.UnixEpoch, [new HostMachine(Uuid, "db\n", DomainState.Paused, Persistent: true, Autostart: false, "<domain/>")], [Object("lan")]);

        LeftContents.Write(Paths, snapshot);

        var read = LeftContents.Read(Paths)!;
        read.At.ShouldBe(snapshot.At);
        read.Machines.ShouldBe(snapshot.Machines);
        read.Objects.ShouldBe(snapshot.Objects);
        File.GetUnixFileMode(Paths.LeftContentsFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_record_that_is_damaged_is_told_by_its_path()
    {
        Directory.CreateDirectory(Paths.State);
        File.WriteAllText(Paths.LeftContentsFile, "{");

        Should.Throw<EnvironmentException>(() => LeftContents.Read(Paths)).Message.ShouldContain(Paths.LeftContentsFile);
    }

    private static HostObject Object(string name) => new(HostObjectKind.Network, name, Uuid, "<a/>", Active: true, Autostart: false);
}
