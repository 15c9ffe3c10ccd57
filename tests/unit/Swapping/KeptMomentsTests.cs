using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

/// <summary>Snapshots of a VM on its way are in one of two places at any moment: in a libvirt, or written down.</summary>
public sealed class KeptMomentsTests : IDisposable
{
    private static readonly Guid Vm = Guid.NewGuid();

    private readonly SwapWorld _world = new();

    private FakeDomains Source => _world.Source.Domains;

    private FakeDomains Target => _world.Target.Domains;

    private KeptMoments Kept => new(_world.Paths.KeptSnapshots, "snapshots", new EffectLog(_world.Journal, _world.Operation));

    private string[] Files => Directory.Exists(_world.Paths.KeptSnapshots) ? Directory.GetFiles(_world.Paths.KeptSnapshots) : [];

    public KeptMomentsTests() => Source.Snapshots[Vm] = [Snapshot("a", parent: "z"), Snapshot("z"), Snapshot("m", parent: "a", current: true)];

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task They_are_taken_from_the_last_to_the_first_and_come_back_from_the_first_to_the_last()
    {
        await Kept.TakeAsync(new SnapshotMoments(Source), Vm);

        Source.Calls.ShouldBe(["forget m", "forget a", "forget z"]);
        File.GetUnixFileMode(Files.ShouldHaveSingleItem()).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        await Kept.RestoreAsync(new SnapshotMoments(Target), Vm);

        Target.Calls.ShouldBe(["redefine z", "redefine a", "redefine m"]);
        Target.Snapshots[Vm].Single(static snapshot => snapshot.Current).Name.ShouldBe("m");
        Files.ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_they_cannot_be_written_down_none_is_taken()
    {
        Directory.CreateDirectory(_world.Paths.State);
        await File.WriteAllTextAsync(_world.Paths.KeptSnapshots, "a file in the directory's place", TestContext.Current.CancellationToken);

        (await Should.ThrowAsync<EnvironmentException>(() => Kept.TakeAsync(new SnapshotMoments(Source), Vm))).Message.ShouldContain("cannot be written");

        Source.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_VM_that_has_none_costs_nothing()
    {
        await Kept.TakeAsync(new SnapshotMoments(Target), Vm);
        await Kept.RestoreAsync(new SnapshotMoments(Target), Vm);

        _world.Journal.Entries(_world.Operation).ShouldBeEmpty();
        Directory.Exists(_world.Paths.KeptSnapshots).ShouldBeFalse();
    }

    [Fact]
    public async Task A_death_while_they_are_taken_loses_none()
    {
        await Kept.TakeAsync(new SnapshotMoments(Source), Vm);
        Source.Snapshots[Vm] = [Snapshot("z")]; // It had not come to the first.

        await Kept.TakeAsync(new SnapshotMoments(Source), Vm);
        await Kept.RestoreAsync(new SnapshotMoments(Target), Vm);

        Target.Snapshots[Vm].Select(static snapshot => snapshot.Name).ShouldBe(["z", "a", "m"]);
        Target.Snapshots[Vm].Single(static snapshot => snapshot.Current).Name.ShouldBe("m");
    }

    [Fact]
    public async Task A_death_while_they_are_given_back_loses_none()
    {
        await Kept.TakeAsync(new SnapshotMoments(Source), Vm);
        Target.Snapshots[Vm] = [Snapshot("z")];

        await Kept.RestoreAsync(new SnapshotMoments(Target), Vm);

        Target.Calls.ShouldBe(["redefine a", "redefine m"]);
        Files.ShouldBeEmpty();
    }

    [Fact]
    public async Task Whoever_has_reverted_to_another_after_a_death_is_right()
    {
        await Kept.TakeAsync(new SnapshotMoments(Source), Vm);
        Target.Snapshots[Vm] = [Snapshot("z", current: true), Snapshot("a", parent: "z"), Snapshot("m", parent: "a")];

        await Kept.RestoreAsync(new SnapshotMoments(Target), Vm);

        Files.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_libvirt_that_does_not_take_the_current_one_for_it_is_told()
    {
        await Kept.TakeAsync(new SnapshotMoments(Source), Vm);
        Target.Snapshots[Vm] = [Snapshot("z", current: true)]; // And stays so here, whatever it is told.

        (await Should.ThrowAsync<AdapterException>(() => Kept.RestoreAsync(new SnapshotMoments(Target), Vm))).Message.ShouldContain("m was");

        Files.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_a_libvirt_refuses_stays_written_down_and_is_told()
    {
        await Kept.TakeAsync(new SnapshotMoments(Source), Vm);
        Target.Known[Vm] = new DomainRecord(Vm, "db", DomainState.Running, 0, Persistent: true, Autostart: false);
        Target.OnRedefineSnapshot = static _ => throw new AdapterException("libvirt gen-2", "snapshot", "unknown machine type");

        var problems = await Kept.RestoreAllAsync(new SnapshotMoments(Target), Target);

        problems.ShouldHaveSingleItem().ShouldContain("unknown machine type");
        problems[0].ShouldContain(Files.ShouldHaveSingleItem());
    }

    [Fact]
    public async Task A_host_that_does_not_have_the_VM_is_not_given_its_snapshots()
    {
        await Kept.TakeAsync(new SnapshotMoments(Source), Vm);

        (await Kept.RestoreAllAsync(new SnapshotMoments(Target), Target)).ShouldBeEmpty();

        Target.Calls.ShouldBeEmpty();
        Files.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_watchdog_that_an_old_libvirt_does_not_know_is_left_out()
    {
        Source.Snapshots[Vm] = [Snapshot("a", devices: "<watchdog model='itco' action='reset'/><watchdog model='i6300esb' action='reset'/>")];
        await Kept.TakeAsync(new SnapshotMoments(Source), Vm);

        await Kept.RestoreAsync(new SnapshotMoments(Target), Vm);

        Target.Snapshots[Vm][0].Xml.ShouldNotContain("itco");
        Target.Snapshots[Vm][0].Xml.ShouldContain("i6300esb");
    }

    private static SnapshotRecord Snapshot(string name, string? parent = null, bool current = false, string devices = "") => new(
        name,
        parent,
        current,
        $"<domainsnapshot><name>{name}</name>{(parent is null ? "" : $"<parent><name>{parent}</name></parent>")}<domain><devices>{devices}</devices></domain></domainsnapshot>");
}
