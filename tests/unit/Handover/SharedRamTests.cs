using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Handover;

/// <summary>A capability that was left set, by whomever, on either side.</summary>
public sealed class SharedRamTests : IDisposable
{
    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task It_is_cleared_on_both_sides_and_recorded()
    {
        var (left, right, other) = (Add(1, SwapWorld.SourcePid), Add(2, SwapWorld.TargetPid), Add(1, SwapWorld.SourcePid, ignores: false));

        await _world.Session.KeepRamInSavesAsync();

        new[] { left, right, other }.ShouldAllBe(static monitor => !monitor.Ignores);
        _world.Journal.Entries(_world.Operation).Count(static entry => entry is { Step: "save-ram", Result: EntryResult.Done }).ShouldBe(2);
    }

    [Fact]
    public async Task What_cannot_be_cleared_is_told_and_keeps_nobody_else_from_it()
    {
        Add(1, SwapWorld.SourcePid).Refuses = true;
        var other = Add(2, SwapWorld.TargetPid);

        await _world.Session.KeepRamInSavesAsync();

        other.Ignores.ShouldBeFalse();
        _world.Notices.ShouldHaveSingleItem().ShouldContain("do not save it before 'hostctl resume'");
    }

    [Fact]
    public async Task One_that_does_not_answer_is_told_and_one_that_has_ended_is_not()
    {
        Add(1, SwapWorld.SourcePid);
        var ended = Guid.NewGuid();
        File.WriteAllText(Socket(1, ended), "");
        _world.Qmp.Monitors.Clear();

        var found = await _world.Session.RamOf(_world.Session.Source).FindAsync(TestContext.Current.CancellationToken);

        found.ShouldHaveSingleItem().Unknown.ShouldNotBeNull().ShouldContain("Connection refused");
    }

    [Fact]
    public async Task One_without_a_monitor_was_never_told()
    {
        _world.Run(Guid.NewGuid(), SwapWorld.SourcePid);

        (await _world.Session.RamOf(_world.Session.Source).FindAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
    }

    private FakeMonitor Add(int generation, int initPid, bool ignores = true)
    {
        var uuid = Guid.NewGuid();
        _world.Run(uuid, initPid);
        var socket = Socket(generation, uuid);
        File.WriteAllText(socket, "");
        return _world.Qmp.Monitors[socket] = new FakeMonitor { Ignores = ignores };
    }

    private string Socket(int generation, Guid uuid)
    {
        var paths = new GenerationPaths(_world.Paths, generation);
        Directory.CreateDirectory(paths.QmpDirectory);
        return paths.QmpSocket(uuid);
    }
}
