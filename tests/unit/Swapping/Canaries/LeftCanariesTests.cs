using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping.Canaries;
using HostSwap.Orchestrator.Systemd;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping.Canaries;

/// <summary>What a hostctl that died in mid-flight has left.</summary>
public sealed class LeftCanariesTests : IDisposable, IGenerationConnector
{
    private readonly CanaryWorld _canaries = new();
    private readonly List<string> _notices = [];
    private readonly LeftCanaries _left;

    public LeftCanariesTests()
    {
        foreach (var (number, role, pid) in new[] { (1, GenerationRole.Active, SwapWorld.SourcePid), (2, GenerationRole.Candidate, SwapWorld.TargetPid) })
        {
            var record = new GenerationRecord(number, role.ToString(), "image", "sha256:0", Guid.NewGuid(), DateTimeOffset.UnixEpoch, null);
            World.Journal.RecordGenerations([record]);
            World.Engine.Add(Generation.From(record, World.Paths).ContainerName, pid, restart: false);
        }

        Parts = new OuterHostParts(World.Settings, World.Engine, World.Kernel, this, World.Journal, new HastyTime());
        _left = new LeftCanaries(Parts, new EffectLog(World.Journal, World.Operation));
    }

    private SwapWorld World => _canaries.World;

    private OuterHostParts Parts { get; }

    private Generation Candidate => Parts.Generations.FindCandidate()!;

    public void Dispose() => _canaries.Dispose();

    public ILibvirtHost ConnectLibvirt(Generation generation) => generation.Number == 1 ? World.Source : World.Target;

    public ISystemdHost ConnectSystemd(Generation generation) => throw new NotSupportedException();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task It_is_ended_on_whichever_side_it_is(bool onSource, bool onTarget)
    {
        var uuid = Guid.NewGuid();
        if (onSource)
            Leave(1, SwapWorld.SourcePid, World.Source.Domains, uuid);
        await File.WriteAllTextAsync(Path.Join(World.Paths.MigrationSockets, $"{uuid}.sock"), "", TestContext.Current.CancellationToken);
        if (onTarget)
            Leave(2, SwapWorld.TargetPid, World.Target.Domains, uuid);

        var hooks = new[] { 1, 2 }.Select(number => new GenerationPaths(World.Paths, number).HookSocket).ToList();
        foreach (var hook in hooks)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(hook)!);
            await File.WriteAllTextAsync(hook, "", TestContext.Current.CancellationToken);
        }

        await _left.EndAsync(_notices.Add);

        _notices.ShouldBeEmpty();
        hooks.ShouldAllBe(static hook => !File.Exists(hook));
        World.Kernel.Processes.Select(process => process.DomainUuid).ShouldBe([_canaries.Model.Uuid]);
        _canaries.RamDirectories.ShouldBeEmpty();
        _canaries.Sockets.ShouldBeEmpty();
        World.Source.Domains.Known.Keys.ShouldBe([_canaries.Model.Uuid]);
        World.Target.Domains.Known.ShouldBeEmpty();
        World.Journal.Entries(World.Operation).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            entry => entry.Step.ShouldBe("canary-end"), entry => entry.Subject.ShouldBe(uuid.ToString()));
    }

    [Fact]
    public async Task It_keeps_no_generation_from_being_put_away()
    {
        Leave(2, SwapWorld.TargetPid, World.Target.Domains, Guid.NewGuid());
        (await Parts.Contents.FindAsync(Candidate, CancellationToken.None)).ShouldHaveSingleItem();

        (await _left.HeldAsync(Candidate)).ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_does_not_end_is_held_and_told()
    {
        Leave(2, SwapWorld.TargetPid, World.Target.Domains, Guid.NewGuid());
        World.Target.Domains.OnDestroy = _ => false;

        await _left.EndAsync(_notices.Add);
        var held = await _left.HeldAsync(Candidate);

        _notices.ShouldHaveSingleItem().ShouldContain("it is Running in gen-2");
        held.Count.ShouldBe(2);
        held[0].ShouldStartWith("QEMU process");
        held[1].ShouldContain("it is Running in gen-2");
    }

    [Fact]
    public async Task A_customers_vm_of_that_name_is_left_alone_with_its_ram()
    {
        var transient = World.Target.Domains.Add(CanaryMark.Name, DomainState.Running, persistent: false);
        _canaries.Begin(2, SwapWorld.TargetPid, transient.Uuid, transient.Name);
        // It may have copied the definition with the mark; what it has defined is its own.
        var defined = Leave(1, SwapWorld.SourcePid, World.Source.Domains, Guid.NewGuid(), persistent: true);
        _canaries.MakeRam(2, 99, CanaryMark.Name);

        await _left.EndAsync(_notices.Add);

        World.Target.Domains.Known.Keys.ShouldBe([transient.Uuid]);
        World.Source.Domains.Known.Keys.ShouldContain(defined);
        _canaries.RamDirectories.Count.ShouldBe(3, "while anybody has the name, nothing of that name is removed");
        (await _left.HeldAsync(Candidate)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Ram_that_nobody_has_any_more_is_removed()
    {
        _canaries.MakeRam(1, 41, CanaryMark.Name);
        _canaries.MakeRam(1, 42, $"{CanaryMark.Name}-0a1b");
        _canaries.MakeRam(1, 43, $"{CanaryMark.Name}-theirs");

        await _left.EndAsync(_notices.Add);

        _canaries.RamDirectories.ShouldBe([$"43-{CanaryMark.Name}-theirs"]);
        World.Journal.Entries(World.Operation).Select(entry => entry.Step).ShouldBe(["canary-ram", "canary-ram"]);
    }

    private Guid Leave(int generation, int pid, FakeDomains domains, Guid uuid, bool persistent = false)
    {
        domains.Known[uuid] = new DomainRecord(uuid, CanaryMark.Name, DomainState.Running, 0, persistent, Autostart: false);
        domains.Xml[uuid] = CanaryDefinition.Make(World.Source.Domains.Xml[_canaries.Model.Uuid], CanaryMark.Name, uuid, CanaryDefinition.MemoryBytes);
        _canaries.Begin(generation, pid, uuid, CanaryMark.Name);
        return uuid;
    }
}
