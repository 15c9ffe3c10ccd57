using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Carrying;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class SavedMoveTests : IDisposable
{
    private readonly SwapWorld _world = new();
    private readonly DomainRecord _db;

    public SavedMoveTests()
    {
        _db = _world.Source.Domains.Add("db", DomainState.Running);
        _world.Run(_db.Uuid, SwapWorld.SourcePid);
        foreach (var generation in new[] { Here, There })
        {
            Directory.CreateDirectory(Path.Join(generation.LibvirtState, "qemu/save"));
            Directory.CreateDirectory(Path.Join(generation.LibvirtConfiguration, "qemu"));
        }

        _world.Source.Domains.OnSave = _ =>
        {
            Put();
            TurnOff();
        };
        _world.Source.Domains.OnUndefineSaved = _ => File.Delete(SavedImages.PathIn(Here, "db"));
        _world.Source.Domains.OnStart = uuid => Restore(uuid, Here, SwapWorld.SourcePid);
        _world.Target.Domains.OnStart = uuid => Restore(uuid, There, SwapWorld.TargetPid);
        _world.Target.Domains.OnUndefineSaved = _ => File.Delete(SavedImages.PathIn(There, "db"));
    }

    private GenerationPaths Here => _world.Session.Source.Generation.Paths;

    private GenerationPaths There => _world.Session.Target.Generation.Paths;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task It_is_saved_carried_over_with_its_image_and_restored()
    {
        var outcome = await MoveAsync();

        (outcome.State, outcome.Method).ShouldBe((MoveState.Verified, MoveMethod.SaveRestore), outcome.Reason);
        outcome.Reason.ShouldContain("saved and restored; its guest stood still for");
        outcome.Downtime.ShouldNotBeNull();
        _world.Source.Domains.Known.ShouldBeEmpty();
        _world.Source.Domains.Calls.ShouldBe(["save db", "undefine db"]);
        _world.Target.Domains.Calls.ShouldBe(["define db", "start db"]);
        _world.Target.Domains.Known[_db.Uuid].State.ShouldBe(DomainState.Running);
        File.Exists(SavedImages.PathIn(Here, "db")).ShouldBeFalse("nothing may restore it there any more");
    }

    [Fact]
    public async Task One_that_cannot_be_saved_runs_on_and_waits_for_no_start()
    {
        _world.Source.Domains.OnSave = _ => throw new AdapterException("libvirt gen-1", "save", "the disk is full");

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Returned);
        outcome.Reason.ShouldContain("the disk is full");
        _world.Target.Domains.Known.ShouldBeEmpty();
        Waiting().Any.ShouldBeFalse("a person who shuts it off later wants it off");
    }

    [Fact]
    public async Task One_whose_answer_alone_failed_is_saved()
    {
        _world.Source.Domains.OnSave = _ =>
        {
            Put();
            TurnOff();
            throw new AdapterException("libvirt gen-1", "save", "the connection was lost");
        };

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);
    }

    [Fact]
    public async Task One_that_is_off_though_an_error_was_told_waits_for_its_start()
    {
        _world.Journal.Intend(_world.Operation, Restarts.SaveStep, _db.Uuid.ToString(), "{}");
        Put();
        TurnOff();

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);

        _world.Target.Domains.Calls.ShouldContain("start db");
    }

    [Fact]
    public async Task One_that_is_off_without_an_image_is_left_for_a_person()
    {
        _world.Source.Domains.OnSave = _ => TurnOff();

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Left);
        outcome.Reason.ShouldContain("its managed save image cannot be restored: there is none");
        _world.Source.Domains.Calls.ShouldNotContain("start db", "it would boot anew");
        _world.Notices.ShouldContain(static notice => notice == "db stays off in gen-1: it went off before it was saved; 'virsh start' boots it");
        Waiting().Any.ShouldBeFalse("nothing is left to go on from");
    }

    [Fact]
    public async Task One_that_a_power_cut_has_ended_before_it_was_saved_is_carried_as_it_is()
    {
        _world.Journal.Intend(_world.Operation, Restarts.SaveStep, _db.Uuid.ToString(), "{}");
        TurnOff();

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Verified);
        outcome.Reason.ShouldNotContain("started");
        _world.Target.Domains.Known[_db.Uuid].IsActive.ShouldBeFalse();
        _world.Notices.ShouldContain(static notice => notice.StartsWith("db stays off in gen-2: it went off before it was saved", StringComparison.Ordinal));
        Waiting().Any.ShouldBeFalse();
    }

    [Fact]
    public async Task One_that_was_restored_and_has_ended_since_is_carried_as_it_is()
    {
        await SavedAsync();

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);

        _world.Target.Domains.Calls.ShouldNotContain("start db", "it would boot anew");
        _world.Notices.ShouldContain(static notice => notice.StartsWith("db stays off in gen-2: it was saved, and its image was restored or removed since", StringComparison.Ordinal));
        Waiting().Any.ShouldBeFalse();
    }

    [Fact]
    public async Task One_whose_image_was_damaged_after_it_was_saved_waits_for_a_person()
    {
        await SavedAsync();
        SavedImages.Put(Here, "db", SavedImages.Whole(_db.Uuid, "db")[..^20]);

        (await MoveAsync()).State.ShouldBe(MoveState.Returned);

        _world.Target.Domains.Calls.ShouldNotContain("start db", "it would boot anew");
        _world.Notices.ShouldContain(static notice => notice.Contains("'virsh start' boots it anew", StringComparison.Ordinal));
        Waiting().Any.ShouldBeTrue();
    }

    [Fact]
    public async Task One_that_cannot_be_restored_on_the_new_side_is_restored_on_the_old_one()
    {
        _world.Target.Domains.OnStart = _ => throw new AdapterException("libvirt gen-2", "start", "no such CPU");

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Returned);
        outcome.Reason.ShouldContain("it could not be started in gen-2");
        _world.Target.Domains.Known.ShouldBeEmpty();
        _world.Source.Domains.Known[_db.Uuid].State.ShouldBe(DomainState.Running);
        File.Exists(SavedImages.PathIn(There, "db")).ShouldBeFalse();
    }

    private Restarts Waiting() => new(_world.Journal, new EffectLog(_world.Journal, _world.Operation), _world.Kernel, static _ => { });

    private async Task SavedAsync()
    {
        await new EffectLog(_world.Journal, _world.Operation).DoAsync(Restarts.SaveStep, _db.Uuid.ToString(), static () => Task.FromResult("saved"));
        TurnOff();
    }

    private void Put() => SavedImages.Put(Here, "db", SavedImages.Whole(_db.Uuid, "db"));

    private void TurnOff()
    {
        _world.Stop(_db.Uuid, SwapWorld.SourcePid);
        _world.Source.Domains.Known[_db.Uuid] = _world.Source.Domains.Known[_db.Uuid] with { State = DomainState.ShutOff, StateReason = 5 };
    }

    private void Restore(Guid uuid, GenerationPaths generation, int initPid)
    {
        File.Exists(SavedImages.PathIn(generation, "db")).ShouldBeTrue("it is started from its image, wherever that is");
        File.Delete(SavedImages.PathIn(generation, "db"));
        _world.Run(uuid, initPid);
    }

    private async Task<MoveOutcome> MoveAsync()
    {
        var session = _world.Session;
        await using var foreign = ForeignChanges.Watch(session.Source, session.Target, session.Time, session.Notice);
        return await new DomainMover(session, foreign).MoveAsync(SwapWorld.Plan(_db) with { Method = MoveMethod.SaveRestore }, new Version(11, 3), CancellationToken.None);
    }
}
