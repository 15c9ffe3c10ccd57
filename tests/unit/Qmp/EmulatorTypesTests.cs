using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Qmp;
using HostSwap.UnitTests.Fakes;
using HostSwap.UnitTests.Planning;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Qmp;

public sealed class EmulatorTypesTests : IDisposable
{
    private readonly FakeEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(Releases.Bookworm, "qxl", "igb")]
    [InlineData(Releases.Trixie, "igb", "qxl")]
    public async Task Types_are_read_from_what_qemu_says(string release, string has, string lacks)
    {
        _engine.OnExecute = (_, _, _) => new CommandOutcome(0, Releases.Read($"{release}-types.qmp"), "");

        var types = await ReadAsync();

        types.ShouldContain(has);
        types.ShouldContain("virtio-net-pci");
        types.ShouldNotContain(lacks);
        _engine.Executed.ShouldHaveSingleItem().ShouldContain("--reuid=libvirt-qemu", "it is not run as root");
    }

    [Theory]
    [InlineData("", "setpriv: failed to execute /usr/bin/kvm: No such file or directory", "No such file")]
    [InlineData("QEMU 10.0 monitor\n", "", "not what QMP says")]
    [InlineData("{\"QMP\": {}}\n{\"return\": {}}\n", "", "told no types")]
    [InlineData("{\"error\": {\"class\": \"CommandNotFound\"}, \"id\": \"qom-list-types\"}", "", "not what QMP says")]
    public async Task One_that_does_not_tell_is_an_error(string output, string error, string said)
    {
        _engine.OnExecute = (_, _, _) => new CommandOutcome(1, output, error);
        (await Should.ThrowAsync<AdapterException>(ReadAsync)).Message.ShouldContain(said);
    }

    private Task<IReadOnlyList<string>> ReadAsync() => new EmulatorTypes(_engine, "gen-2").ReadAsync("/usr/bin/kvm", CancellationToken.None);
}
