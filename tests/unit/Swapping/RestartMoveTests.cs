using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class RestartMoveTests : IDisposable
{
    private const int ShutdownReason = 1;

    private readonly SwapWorld _world = new();
    private readonly DomainRecord _db;

    public RestartMoveTests()
    {
        _db = _world.Source.Domains.Add("db", DomainState.Running);
        _world.Run(_db.Uuid, SwapWorld.SourcePid);
        _world.Source.Domains.OnShutdown = _ => TurnOff();
        _world.Source.Domains.OnStart = uuid => _world.Run(uuid, SwapWorld.SourcePid);
        _world.Target.Domains.OnStart = uuid => _world.Run(uuid, SwapWorld.TargetPid);
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task It_is_shut_down_carried_over_and_started_again()
    {
        var outcome = await MoveAsync();

        (outcome.State, outcome.Method).ShouldBe((MoveState.Verified, MoveMethod.Restart), outcome.Reason);
        outcome.Reason.ShouldContain("shut down and started again");
        _world.Source.Domains.Known.ShouldBeEmpty();
        _world.Target.Domains.Known[_db.Uuid].State.ShouldBe(DomainState.Running);
        _world.Source.Domains.Calls.ShouldBe(["shutdown db", "undefine db"]);
        _world.Target.Domains.Calls.ShouldBe(["define db", "start db"]);
        _world.States(_db.Uuid).ShouldBe([MoveState.Fenced, MoveState.Moving, MoveState.Fenced, MoveState.Moving, MoveState.Arrived, MoveState.Verified]);
        new Restarts(_world.Journal, new EffectLog(_world.Journal, _world.Operation), _world.Kernel, static _ => { }).Any.ShouldBeFalse();
    }

    [Fact]
    public async Task One_whose_guest_does_not_shut_down_in_time_runs_on_where_it_is()
    {
        _world.Source.Domains.OnShutdown = _ => { };

        var outcome = await MoveAsync(hasty: true);

        outcome.State.ShouldBe(MoveState.Returned);
        outcome.Reason.ShouldContain("the guest of db to shut down");
        outcome.Reason.ShouldContain("it was asked to, and may still do so");
        _world.Source.Domains.Known[_db.Uuid].State.ShouldBe(DomainState.Running);
        _world.Source.Domains.Calls.ShouldNotContain(call => call.StartsWith("destroy", StringComparison.Ordinal), "no guest is ended by force");
        _world.Source.Domains.Calls.Count(static call => call == "shutdown db by button").ShouldBeInRange(1, 6, "one that missed it is asked again");
        _world.Target.Domains.Known.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_cannot_be_started_on_the_new_side_is_back_on_the_old_one_and_runs()
    {
        _world.Target.Domains.OnStart = _ => throw new AdapterException("libvirt gen-2", "start", "no such device");

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Returned);
        outcome.Reason.ShouldContain("it could not be started in gen-2");
        outcome.Reason.ShouldContain("no such device");
        _world.Target.Domains.Known.ShouldBeEmpty();
        _world.Source.Domains.Known[_db.Uuid].ShouldBe(_db);
    }

    [Fact]
    public async Task A_start_whose_answer_alone_failed_has_been_one()
    {
        _world.Target.Domains.OnStart = uuid =>
        {
            _world.Run(uuid, SwapWorld.TargetPid);
            _world.Target.Domains.Known[uuid] = _world.Target.Domains.Known[uuid] with { State = DomainState.Running };
            throw new DeadlineException("libvirt to answer", TimeSpan.FromSeconds(1), "silence");
        };

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);
        _world.Source.Domains.Known.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_cannot_be_carried_over_is_started_where_it_was()
    {
        _world.Target.Domains.OnDefine = _ => throw new AdapterException("libvirt gen-2", "define", "the disk is full");

        (await MoveAsync()).State.ShouldBe(MoveState.Returned);

        _world.Source.Domains.Known[_db.Uuid].State.ShouldBe(DomainState.Running);
    }

    [Fact]
    public async Task One_that_a_hostctl_had_shut_down_when_it_died_is_carried_over_and_started_by_the_next()
    {
        _world.Journal.Intend(_world.Operation, Restarts.ShutdownStep, _db.Uuid.ToString(), "{}");
        TurnOff();

        var outcome = await MoveAsync(MoveMethod.Define);

        (outcome.State, outcome.Method).ShouldBe((MoveState.Verified, MoveMethod.Restart), outcome.Reason);
        _world.Target.Domains.Known[_db.Uuid].State.ShouldBe(DomainState.Running);
    }

    [Fact]
    public async Task Nothing_is_started_that_was_not_shut_down_for_its_move()
    {
        TurnOff();

        (await MoveAsync(MoveMethod.Define)).State.ShouldBe(MoveState.Verified);

        _world.Target.Domains.Known[_db.Uuid].State.ShouldBe(DomainState.ShutOff);
        _world.Target.Domains.Calls.ShouldNotContain("start db");
    }

    [Fact]
    public async Task One_that_was_started_again_already_is_not_started_when_somebody_shuts_it_off_later()
    {
        await MoveAsync();
        _world.Stop(_db.Uuid, SwapWorld.TargetPid);
        _world.Target.Domains.Known[_db.Uuid] = _world.Target.Domains.Known[_db.Uuid] with { State = DomainState.ShutOff };

        (await Everything().StartAllAsync(_world.Session.Target.Generation, _world.Target.Domains)).ShouldBeEmpty();

        _world.Target.Domains.Known[_db.Uuid].State.ShouldBe(DomainState.ShutOff);
    }

    [Fact]
    public async Task One_that_waits_is_started_once_and_not_where_it_is_still_to_be_moved_from_or_a_qemu_exists()
    {
        _world.Journal.Intend(_world.Operation, Restarts.ShutdownStep, _db.Uuid.ToString(), "{}");
        TurnOff();
        var (source, target) = (_world.Source.Domains, _world.Target.Domains);
        target.Known[_db.Uuid] = source.Known[_db.Uuid];

        await Everything().StartAllAsync(_world.Session.Target.Generation, target, source);
        target.Calls.ShouldBeEmpty();

        _world.Run(_db.Uuid, SwapWorld.SourcePid);
        await Everything().StartAllAsync(_world.Session.Target.Generation, target);
        target.Calls.ShouldBeEmpty();

        _world.Stop(_db.Uuid, SwapWorld.SourcePid);
        await Everything().StartAllAsync(_world.Session.Target.Generation, target);
        await Everything().StartAllAsync(_world.Session.Target.Generation, target);
        target.Calls.ShouldBe(["start db"]);
    }

    private Restarts Everything() => new(_world.Journal, new EffectLog(_world.Journal, _world.Operation), _world.Kernel, static _ => { });

    private void TurnOff()
    {
        _world.Stop(_db.Uuid, SwapWorld.SourcePid);
        _world.Source.Domains.Known[_db.Uuid] = _world.Source.Domains.Known[_db.Uuid] with { State = DomainState.ShutOff, StateReason = ShutdownReason };
    }

    private async Task<MoveOutcome> MoveAsync(MoveMethod method = MoveMethod.Restart, bool hasty = false)
    {
        var session = hasty ? _world.Session with { Time = new HastyTime() } : _world.Session;
        await using var foreign = ForeignChanges.Watch(session.Source, session.Target, session.Time, session.Notice);
        var policy = VmPolicy.Default with { ShutdownDeadline = TimeSpan.FromSeconds(30) };
        return await new DomainMover(session, foreign).MoveAsync(SwapWorld.Plan(_db) with { Method = method, Policy = policy }, new Version(11, 3), CancellationToken.None);
    }
}
