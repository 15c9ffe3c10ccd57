using HostSwap.Orchestrator.Carrying;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Carrying;

public sealed class OperatorFileTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");
    private readonly string _here;
    private readonly string _there;

    public OperatorFileTests()
    {
        _here = _root.CreateSubdirectory("here").FullName;
        _there = _root.CreateSubdirectory("there").FullName;
    }

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_file_is_carried_with_the_directories_that_lead_to_it()
    {
        Write(_here, "etc/ssh/key", "secret");
        File.SetUnixFileMode(Path.Join(_here, "etc/ssh/key"), UnixFileMode.UserRead);

        OperatorFile.Carry(_here, _there, "/etc/ssh/key");

        File.ReadAllText(Path.Join(_there, "etc/ssh/key")).ShouldBe("secret");
        File.GetUnixFileMode(Path.Join(_there, "etc/ssh/key")).ShouldBe(UnixFileMode.UserRead);
        OperatorFile.ReadIn(_there, "/etc/ssh/key").ShouldBe(OperatorFile.ReadIn(_here, "/etc/ssh/key"));
    }

    [Fact]
    public void Definitions_of_node_devices_are_carried_and_scripts_beside_them_stay_the_images()
    {
        const string Place = "/etc/mdevctl.d";
        Write(_there, "etc/mdevctl.d/scripts.d/callouts/theirs", "#!/bin/sh");
        OperatorFile.ReadIn(_there, Place).Digest.ShouldBeEmpty("nothing is defined");
        Write(_here, "etc/mdevctl.d/0000:00:02.0/device", "{}");
        Write(_there, "etc/mdevctl.d/0000:00:03.0/device", "{}");

        OperatorFile.Carry(_here, _there, Place);

        File.Exists(Path.Join(_there, "etc/mdevctl.d/0000:00:02.0/device")).ShouldBeTrue();
        Directory.Exists(Path.Join(_there, "etc/mdevctl.d/0000:00:03.0")).ShouldBeFalse();
        File.Exists(Path.Join(_there, "etc/mdevctl.d/scripts.d/callouts/theirs")).ShouldBeTrue();
        OperatorFile.ReadIn(_there, Place).ShouldBe(OperatorFile.ReadIn(_here, Place));
        OperatorFile.ReadIn(_there, Place).Digest.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_directory_becomes_what_it_is_and_nothing_else()
    {
        Write(_here, "etc/overlay/a", "one");
        Write(_here, "etc/overlay/inside/b", "two");
        File.CreateSymbolicLink(Path.Join(_here, "etc/overlay/link"), "/proc/self/mem");
        Write(_there, "etc/overlay/a", "of the image");
        Write(_there, "etc/overlay/stale", "of the image");
        Write(_there, "etc/overlay/link/in-the-way", "a directory where a link is to be");

        OperatorFile.Carry(_here, _there, "/etc/overlay");
        OperatorFile.Carry(_here, _there, "/etc/overlay");

        Directory.EnumerateFileSystemEntries(Path.Join(_there, "etc/overlay")).Select(Path.GetFileName).Order().ShouldBe(["a", "inside", "link"]);
        File.ReadAllText(Path.Join(_there, "etc/overlay/a")).ShouldBe("one");
        new FileInfo(Path.Join(_there, "etc/overlay/link")).LinkTarget.ShouldBe("/proc/self/mem", "a link is carried, and not followed");
    }

    [Fact]
    public void A_link_on_the_way_is_refused_by_name()
    {
        Write(_root.FullName, "outside/key", "secret");
        Directory.CreateDirectory(Path.Join(_here, "etc"));
        Directory.CreateSymbolicLink(Path.Join(_here, "etc/ssh"), Path.Join(_root.FullName, "outside"));

        var file = OperatorFile.ReadIn(_here, "/etc/ssh/key");

        file.Digest.ShouldBeEmpty();
        file.Problem!.ShouldStartWith("/etc/ssh is a link");
    }

    [Fact]
    public void A_pipe_is_refused_by_name()
    {
        System.Diagnostics.Process.Start("mkfifo", [Path.Join(_here, "pipe")]).WaitForExit();
        OperatorFile.ReadIn(_here, "/pipe").Problem!.ShouldContain("neither a file");
    }

    [Fact]
    public void What_is_not_there_is_no_problem() => OperatorFile.ReadIn(_here, "/etc/none").ShouldBe(new OperatorFile("/etc/none", "", Problem: null));

    private static void Write(string root, string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(root, path))!);
        File.WriteAllText(Path.Join(root, path), text);
    }
}
