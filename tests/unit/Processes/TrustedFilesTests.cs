using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Processes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Processes;

/// <summary>What others can write does not run as root.</summary>
public sealed class TrustedFilesTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_directory_is_trusted_with_all_that_is_in_it()
    {
        var script = Path.Join(Directory.CreateDirectory(Path.Join(_root.FullName, "scripts")).FullName, "50-x");
        File.WriteAllText(script, "");
        File.CreateSymbolicLink(Path.Join(_root.FullName, "link"), "/tmp");
        TrustedFiles.Require(_root.FullName);
        TrustedFiles.Require(Path.Join(_root.FullName, "none"));

        File.SetUnixFileMode(script, Owner | UnixFileMode.GroupWrite);

        var exception = Should.Throw<EnvironmentException>(() => TrustedFiles.Require(_root.FullName));
        exception.Message.ShouldStartWith($"{script} can be written by others than its owner");
        exception.Remedy.ShouldContain("chmod go-w");
        File.SetUnixFileMode(script, Owner);
        File.SetUnixFileMode(Path.GetDirectoryName(script)!, Owner | UnixFileMode.OtherWrite);
        Should.Throw<EnvironmentException>(() => TrustedFiles.Require(_root.FullName));
    }
}
