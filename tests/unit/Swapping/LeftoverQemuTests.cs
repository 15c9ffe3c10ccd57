using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

/// <summary>What a lost reply leaves of a handover: two QEMUs with one RAM, of which one may ever run again.</summary>
public sealed class LeftoverQemuTests : IDisposable
{
    private const int PausedByUser = 1;
    private const int PausedForMigration = 2;
    private const int PausedByError = 14;
    private const int Unpaused = 5;

    private readonly SwapWorld _world = new();
    private readonly Guid _uuid = Guid.NewGuid();

    public void Dispose() => _world.Dispose();

    /// <summary>The kernel has refused the old one the lock; the new one runs.</summary>
    [Fact]
    public async Task The_old_one_that_has_sent_everything_is_ended_where_the_new_one_runs()
    {
        On(_world.Source, 1, DomainState.Paused, PausedByUser, "postmigrate", "completed");
        On(_world.Target, 2, DomainState.Running, Unpaused, "running", "completed");
        (await ReconcileAsync()).ShouldBe((Verdict.Adopt, "source"));
    }

    /// <summary>A VM that was paused before stands still on both sides.</summary>
    [Fact]
    public async Task The_old_one_that_has_sent_everything_is_ended_where_the_new_one_is_paused()
    {
        On(_world.Source, 1, DomainState.Paused, PausedByUser, "postmigrate", "completed");
        On(_world.Target, 2, DomainState.Paused, PausedByUser, "paused", "completed");
        (await ReconcileAsync()).ShouldBe((Verdict.Adopt, "source"));
        _world.Target.Domains.Known[_uuid].State.ShouldBe(DomainState.Paused);
    }

    /// <summary>Without a lock the old one goes on; the new one has arrived paused, and has never run.</summary>
    [Fact]
    public async Task The_new_one_that_never_ran_is_ended_where_the_old_one_runs()
    {
        On(_world.Source, 1, DomainState.Running, Unpaused, "running", "completed");
        On(_world.Target, 2, DomainState.Paused, PausedByUser, "paused", "completed");
        (await ReconcileAsync()).ShouldBe((Verdict.MoveAgain, "target"));
    }

    [Fact]
    public async Task By_libvirts_word_alone_where_the_qemus_cannot_be_asked()
    {
        On(_world.Source, 1, DomainState.Paused, PausedByError);
        On(_world.Target, 2, DomainState.Running, Unpaused);
        (await ReconcileAsync()).ShouldBe((Verdict.Adopt, "source"));
    }

    /// <summary>Its libvirt has not taken it over, and ends its QEMU where whoever asked goes away.</summary>
    [Fact]
    public async Task Nothing_is_touched_before_the_new_side_has_taken_it_over()
    {
        On(_world.Source, 1, DomainState.Paused, PausedByUser, "postmigrate", "completed");
        On(_world.Target, 2, DomainState.Paused, PausedForMigration, "paused", "completed");
        (await ReconcileAsync()).ShouldBe((Verdict.Refuse, ""));
    }

    [Theory]
    [InlineData("running", "completed", "running", "completed")]
    [InlineData("paused", "completed", "paused", "completed")]
    [InlineData("postmigrate", "completed", "inmigrate", "active")]
    [InlineData("paused", "active", "running", null)]
    [InlineData("paused", null, "running", "completed")]
    public async Task Nothing_else_is_touched(string sourceRun, string? sourceMigration, string targetRun, string? targetMigration)
    {
        On(_world.Source, 1, DomainState.Paused, PausedByUser, sourceRun, sourceMigration);
        On(_world.Target, 2, DomainState.Paused, PausedByUser, targetRun, targetMigration);
        (await ReconcileAsync()).ShouldBe((Verdict.Refuse, ""));
    }

    /// <summary>What took it over is gone with its lock, and may have let it execute: nobody may have the old one go on.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_last_one_that_has_sent_everything_is_left_to_a_person(int generation)
    {
        On(generation == 1 ? _world.Source : _world.Target, generation, DomainState.Paused, PausedByError, "postmigrate", "completed");
        BeginMove(ran: true);
        (await ReconcileAsync()).ShouldBe((Verdict.Spent, ""));
    }

    /// <summary>A guest that stood still was executed by nobody; one that libvirt has had go on is no longer what it sent.</summary>
    [Theory]
    [InlineData(false, DomainState.Paused, "postmigrate")]
    [InlineData(true, DomainState.Paused, "paused")]
    [InlineData(true, DomainState.Running, "running")]
    public async Task A_last_one_that_nobody_can_have_executed_moves_again(bool ran, DomainState state, string run)
    {
        On(_world.Source, 1, state, PausedByUser, run, "completed");
        BeginMove(ran);
        (await ReconcileAsync()).ShouldBe((Verdict.MoveAgain, ""));
    }

    /// <summary>libvirt starts again, and then has its guest go on.</summary>
    [Fact]
    public async Task A_last_one_that_its_libvirt_has_go_on_moves_again()
    {
        On(_world.Source, 1, DomainState.Paused, PausedForMigration, "postmigrate", "completed");
        BeginMove(ran: true);
        var monitor = _world.Qmp.Monitors[new GenerationPaths(_world.Paths, 1).QmpSocket(_uuid)];
        monitor.OnRunState = () => _world.Source.Domains.Known[_uuid] = _world.Source.Domains.Known[_uuid] with { State = DomainState.Running };
        (await ReconcileAsync()).ShouldBe((Verdict.MoveAgain, ""));
    }

    /// <summary>A migration whose end nobody has noted, as a hostctl leaves it that is killed in it.</summary>
    private void BeginMove(bool ran) =>
        _world.Journal.Intend(_world.Operation, MoveNotes.Step, _uuid.ToString(), new MoveNote(DiskOwners.None, ArrivesPaused: false, ran).ToJson());

    private async Task<(Verdict Verdict, string Ended)> ReconcileAsync()
    {
        var session = _world.Session with { Time = new HastyTime() };
        var ended = "";
        _world.Source.Domains.OnDestroy = domain => End("source", domain.Uuid, SwapWorld.SourcePid);
        _world.Target.Domains.OnDestroy = domain => End("target", domain.Uuid, SwapWorld.TargetPid);
        return ((await new Reconciliation(session).RunAsync()).ShouldHaveSingleItem().Verdict, ended);

        bool End(string side, Guid uuid, int pid)
        {
            ended += side;
            _world.Stop(uuid, pid);
            return true;
        }
    }

    private void On(FakeLibvirtHost host, int generation, DomainState state, int reason, string? run = null, string? migration = null)
    {
        host.Domains.Known[_uuid] = host.Domains.Add("web", state, uuid: _uuid) with { StateReason = reason };
        _world.Run(_uuid, generation == 1 ? SwapWorld.SourcePid : SwapWorld.TargetPid);
        if (run is not null)
            _world.Qmp.Monitors[new GenerationPaths(_world.Paths, generation).QmpSocket(_uuid)] = new FakeMonitor { RunState = run, Migration = migration };
    }
}
