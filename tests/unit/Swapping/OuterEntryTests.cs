using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Adopting;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping;
using HostSwap.Orchestrator.Systemd;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

/// <summary>The outer host's own libvirt takes part while VMs come from it, or can go back to it, and no longer.</summary>
public sealed class OuterEntryTests : IDisposable
{
    private readonly SwapWorld _world = new();
    private readonly OuterHostParts _parts;

    public OuterEntryTests()
    {
        var outer = new Orchestrator.Configuration.OuterLibvirtPaths(Path.Join(_world.Paths.Root, "server"));
        Directory.CreateDirectory(outer.Configuration);
        var settings = _world.Settings with { Paths = _world.Paths with { Outer = outer } };
        _parts = new OuterHostParts(settings, _world.Engine, _world.Kernel, new Connector(_world.Source), _world.Journal, TimeProvider.System);
        _world.Engine.Images["image"] = _world.Engine.Images["sha256:1"] = new ImageDescription(
            "sha256:1", new Dictionary<string, string> { [HostImageContract.KindLabel] = HostImageContract.Kind });
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task It_is_active_until_it_leaves_and_nothing_tells_of_it_afterwards()
    {
        var start = await new OuterEntry(_parts).EnterAsync(image: null, CancellationToken.None);

        start.Source.IsOuter.ShouldBeTrue();
        start.Candidate.ShouldBeNull();
        _parts.Generations.FindActive()!.Name.ShouldBe("gen-0");
        _parts.Generations.NextNumber().ShouldBe(1);

        new OuterEntry(_parts).Leave();
        _parts.Generations.All().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_empty_generation_is_used_and_active_again_where_nothing_came_of_it()
    {
        Record(1, GenerationRole.Active);
        _world.Engine.Add(Generation.ContainerNameOf(1, _world.Paths), SwapWorld.TargetPid, restart: true);

        var start = await new OuterEntry(_parts).EnterAsync(image: null, CancellationToken.None);
        start.Candidate!.Number.ShouldBe(1);
        (await new OuterEntry(_parts).WasActiveAsync(start.Candidate)).ShouldBeTrue();

        new OuterEntry(_parts).Leave();
        _parts.Generations.All().ShouldHaveSingleItem().Role.ShouldBe(GenerationRole.Active);
    }

    [Fact]
    public void It_stays_while_a_generation_is_kept_that_its_VMs_were_in()
    {
        Record(GenerationPaths.OuterNumber, GenerationRole.Active);
        Record(1, GenerationRole.Retired, DateTimeOffset.UnixEpoch);

        new OuterEntry(_parts).Leave();

        _parts.Generations.All().Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_generation_that_holds_a_VM_is_not_gone_over()
    {
        Record(1, GenerationRole.Active);
        var definitions = Path.Join(new GenerationPaths(_world.Paths, 1).LibvirtConfiguration, "qemu");
        Directory.CreateDirectory(definitions);
        await File.WriteAllTextAsync(Path.Join(definitions, "web.xml"), "<domain/>", TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<UsageException>(() => new OuterEntry(_parts).EnterAsync(image: null, CancellationToken.None))).Message.ShouldContain("web");
        _parts.Generations.All().ShouldHaveSingleItem().Role.ShouldBe(GenerationRole.Active);
    }

    private void Record(int number, GenerationRole role, DateTimeOffset? retiredAt = null) =>
        _world.Journal.RecordGenerations([new GenerationRecord(number, role.ToString(), "image", "sha256:1", Guid.NewGuid(), DateTimeOffset.UnixEpoch, retiredAt)]);

    private sealed class Connector(ILibvirtHost libvirt) : IGenerationConnector
    {
        public ILibvirtHost ConnectLibvirt(Generation generation) => libvirt;

        public ISystemdHost ConnectSystemd(Generation generation) => throw new NotSupportedException();
    }
}
