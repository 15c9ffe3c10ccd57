using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Libvirt;

/// <summary>virsh is told names and XML as arguments and input, whatever they hold, and what it refuses is no success.</summary>
public sealed class VirshCheckpointsTests : IDisposable
{
    private static readonly Guid Vm = Guid.NewGuid();
    private static readonly string[] Virsh = ["virsh", "--quiet", "--connect", "qemu:///system"];

    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("hostswap-checkpoints-");
    private readonly FakeEngine _engine = new();
    private readonly FakeDomains _domains = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private VirshCheckpoints Checkpoints => new(_engine, "host-1", _state.FullName, _domains);

    public void Dispose() => _state.Delete(recursive: true);

    [Fact]
    public async Task A_host_without_any_is_not_asked()
    {
        _state.CreateSubdirectory("qemu/checkpoint/db");

        (await Checkpoints.ReadAsync(Vm, Token)).ShouldBeEmpty();

        _engine.Executed.ShouldBeEmpty();
    }

    [Fact]
    public async Task They_are_read_with_parents_and_whatever_their_names()
    {
        Keep();
        _engine.OnExecute = static (_, command, _) => new CommandOutcome(
            0,
            command.Contains("checkpoint-list") ? " --first $(x)\nsecond\n\n" : $"<domaincheckpoint>{(command.Contains("--checkpointname=second") ? "<parent><name> --first $(x)</name></parent>" : "")}</domaincheckpoint>",
            "");

        var read = await Checkpoints.ReadAsync(Vm, Token);

        read.Select(static checkpoint => (checkpoint.Name, checkpoint.Parent)).ShouldBe([(" --first $(x)", null), ("second", " --first $(x)")]);
        _engine.Executed[1].ShouldBe([.. Virsh, "checkpoint-dumpxml", $"{Vm:D}", "--checkpointname= --first $(x)", "--security-info"]);
    }

    [Fact]
    public async Task Only_what_libvirt_knows_of_one_is_removed_and_never_its_bitmap()
    {
        _engine.OnExecute = static (_, _, _) => new CommandOutcome(0, "", "");

        await Checkpoints.ForgetAsync(Vm, "first", Token);

        _engine.Executed.ShouldHaveSingleItem().ShouldBe([.. Virsh, "checkpoint-delete", $"{Vm:D}", "--checkpointname=first", "--metadata"]);
    }

    [Theory]
    [InlineData(DomainState.Running, true)]
    [InlineData(DomainState.ShutOff, false)]
    public async Task Of_a_VM_that_runs_libvirt_looks_whether_the_bitmap_is_there(DomainState state, bool validates)
    {
        _domains.Known[Vm] = new DomainRecord(Vm, "db", state, 0, Persistent: true, Autostart: false);
        _engine.OnExecute = static (_, _, _) => new CommandOutcome(0, "", "");

        await Checkpoints.RedefineAsync(Vm, new SnapshotRecord("first", null, Current: false, "<domaincheckpoint/>"), Token);

        _engine.Executed.ShouldHaveSingleItem().Contains("--redefine-validate").ShouldBe(validates);
        _engine.Inputs.ShouldBe(["<domaincheckpoint/>"]);
    }

    [Fact]
    public async Task What_virsh_refuses_is_told_in_its_words()
    {
        _engine.OnExecute = static (_, _, _) => new CommandOutcome(1, "", "error: missing bitmap\n");

        (await Should.ThrowAsync<AdapterException>(() => Checkpoints.ForgetAsync(Vm, "first", Token))).Message.ShouldContain("missing bitmap");
    }

    [Fact]
    public async Task A_description_that_is_no_XML_is_refused()
    {
        Keep();
        _engine.OnExecute = static (_, command, _) => new CommandOutcome(0, command.Contains("checkpoint-list") ? "first\n" : "<domaincheckpoint>", "");

        (await Should.ThrowAsync<AdapterException>(() => Checkpoints.ReadAsync(Vm, Token))).Message.ShouldContain("no XML");
    }

    private void Keep() => File.WriteAllText(Path.Join(_state.CreateSubdirectory("qemu/checkpoint/db").FullName, "first.xml"), "");
}
