using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

/// <summary>What is done of what the ladder decides, by a copy whose time is short and that never gets anywhere.</summary>
public sealed class LadderMigrationTests : IDisposable
{
    private const int PausedPostCopyFailed = 13;
    private const int RunningPostCopyFailed = 11;

    private readonly SwapWorld _world = new()
    {
        Migration = new MigrationSettings(
            null, 10, 4, true, TimeSpan.FromSeconds(2), TimeSpan.Zero, TimeSpan.FromSeconds(20), 0, TimeSpan.FromMilliseconds(1), 0),
    };

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MigrationRequest? _request;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Every_rung_is_told_journalled_and_done_in_order_and_the_vm_stays()
    {
        var vm = Endless();
        _world.Source.Domains.OnAbort = _ => _ended.TrySetException(new AdapterException("libvirt gen-1", "migrate", "canceled by client"));

        var outcome = await MoveAsync(vm, ConvergencePolicy.Stay);

        outcome.State.ShouldBe(MoveState.Returned);
        outcome.Rung.ShouldBe(Rung.Stay);
        outcome.Reason.ShouldContain("did not finish within 2 s");
        _world.Source.Domains.Calls.Where(call => call is not "abort").ShouldBe(["max downtime 100", "max speed unlimited", "max downtime 200", "max downtime 400", "max downtime 500"]);
        Rung[] rungs = [Rung.Bandwidth, Rung.Downtime, Rung.Downtime, Rung.Downtime, Rung.Stay];
        _world.Events.OfType<MoveClimbed>().Select(climbed => climbed.Rung).ShouldBe(rungs);
        var entries = _world.Journal.Entries(_world.Operation).Where(entry => entry.Step == "climb").ToList();
        entries.Select(entry => entry.Result).ShouldAllBe(result => result == EntryResult.Done);
        entries.Select(entry => entry.DetailJson.Split('"')[3]).ShouldBe(rungs.Select(rung => rung.ToString()));
        _world.Journal.Moves(_world.Operation).Single().Rung.ShouldBe("Stay");
        _request!.PostCopy.ShouldBe(PostCopyUse.Never);
    }

    [Fact]
    public async Task A_guest_that_is_suspended_arrives()
    {
        var vm = Endless();
        _world.Source.Domains.OnSuspend = Arrive;

        var outcome = await MoveAsync(vm, ConvergencePolicy.Pause);

        outcome.State.ShouldBe(MoveState.Verified, outcome.Reason);
        outcome.Rung.ShouldBe(Rung.Pause);
    }

    [Fact]
    public async Task Post_copy_is_allowed_from_the_start_and_has_a_single_stream()
    {
        var vm = Endless();
        _world.Source.Domains.OnPostCopy = Arrive;

        var outcome = await MoveAsync(vm, ConvergencePolicy.PostCopy);

        outcome.State.ShouldBe(MoveState.Verified, outcome.Reason);
        outcome.Rung.ShouldBe(Rung.PostCopy);
        _request!.PostCopy.ShouldBe(PostCopyUse.Allowed);
    }

    [Fact]
    public async Task A_paused_guest_is_never_let_run_by_a_last_resort()
    {
        var vm = Endless(DomainState.Paused);
        _world.Source.Domains.OnAbort = _ => _ended.TrySetException(new AdapterException("libvirt gen-1", "migrate", "canceled by client"));

        (await MoveAsync(vm, ConvergencePolicy.PostCopy)).State.ShouldBe(MoveState.Returned);

        _world.Source.Domains.Calls.ShouldNotContain("post-copy");
    }

    [Fact]
    public async Task Once_post_copy_has_begun_an_interruption_aborts_nothing()
    {
        using var stop = new CancellationTokenSource();
        var vm = Endless();
        _world.Source.Domains.OnPostCopy = uuid =>
        {
            stop.Cancel();
            _ = Task.Delay(500, TestContext.Current.CancellationToken).ContinueWith(_ => Arrive(uuid), TaskScheduler.Default);
        };

        var outcome = await MoveUntilAsync(vm, ConvergencePolicy.PostCopy, stop.Token);

        outcome.State.ShouldBe(MoveState.Verified, outcome.Reason);
        _world.Source.Domains.Calls.ShouldNotContain("abort");
    }

    [Fact]
    public async Task What_libvirt_refuses_ends_at_the_deadline()
    {
        var vm = Endless();
        _world.Source.Domains.OnPostCopy = _ => throw new AdapterException("libvirt gen-1", "MigrateStartPostCopy", "refused");
        _world.Source.Domains.OnAbort = _ => _ended.TrySetException(new AdapterException("libvirt gen-1", "migrate", "canceled by client"));

        var outcome = await MoveAsync(vm, ConvergencePolicy.PostCopy);

        outcome.State.ShouldBe(MoveState.Returned);
        _world.Events.OfType<SwapNotice>().ShouldContain(notice => notice.Message.Contains("could not climb to PostCopy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_broken_post_copy_is_mended()
    {
        var vm = Endless();
        _world.Source.Domains.OnPostCopy = Break;
        _world.Source.Domains.OnMigrate = async (uuid, request) =>
        {
            if (request.PostCopy == PostCopyUse.Resume)
            {
                Land(uuid);
                return;
            }

            await _ended.Task;
        };

        var outcome = await MoveAsync(vm, ConvergencePolicy.PostCopy);

        outcome.State.ShouldBe(MoveState.Verified, outcome.Reason);
        _world.Journal.Entries(_world.Operation).ShouldContain(entry => entry.Step == "mend-postcopy" && entry.Result == EntryResult.Done);
    }

    [Fact]
    public async Task A_broken_post_copy_that_cannot_be_mended_is_left_as_it_is_on_both_sides()
    {
        var vm = Endless();
        _world.Source.Domains.OnPostCopy = Break;

        var outcome = await MoveAsync(vm, ConvergencePolicy.PostCopy);

        outcome.State.ShouldBe(MoveState.Left);
        outcome.Reason.ShouldContain("in part on either side");
        _world.Source.Domains.Known[vm.Uuid].State.ShouldBe(DomainState.Paused);
        _world.Source.Domains.Calls.ShouldNotContain("abort");
        _world.Source.Domains.Calls.ShouldNotContain(call => call.StartsWith("destroy", StringComparison.Ordinal));
        _world.Target.Domains.Calls.ShouldBeEmpty();
    }

    private DomainRecord Endless(DomainState state = DomainState.Running)
    {
        var vm = _world.Source.Domains.Add("web", state);
        _world.Run(vm.Uuid, SwapWorld.SourcePid);
        _world.Source.Domains.OnMigrate = async (_, request) =>
        {
            if (request.PostCopy == PostCopyUse.Resume)
                throw new AdapterException("libvirt gen-1", "migrate", "no");
            _request = request;
            await _ended.Task;
        };
        _world.Source.Domains.Job = _ => _ended.Task.IsCompleted && _world.Source.Domains.Known.GetValueOrDefault(vm.Uuid) is not { PostCopy: PostCopyPhase.Broken }
            ? null
            : new DomainJob(DomainJobKind.Unbounded, TimeSpan.Zero, null, 100, 1, 99, 0, 0, 1, null);
        return vm;
    }

    private void Arrive(Guid uuid)
    {
        _world.Arrive(uuid);
        _ended.TrySetResult();
    }

    /// <summary>As libvirt shows it: the source stands, and what has come goes on until it needs what has not.</summary>
    private void Break(Guid uuid)
    {
        var vm = _world.Source.Domains.Known[uuid];
        _world.Source.Domains.Known[uuid] = vm with { State = DomainState.Paused, StateReason = PausedPostCopyFailed };
        _world.Target.Domains.Known[uuid] = vm with { StateReason = RunningPostCopyFailed };
        _world.Target.Domains.Xml[uuid] = _world.Source.Domains.Xml[uuid];
        _world.Run(uuid, SwapWorld.TargetPid);
        _ended.TrySetException(new AdapterException("libvirt gen-1", "migrate", "the link is cut"));
    }

    private void Land(Guid uuid)
    {
        _world.Source.Domains.Known.Remove(uuid);
        _world.Stop(uuid, SwapWorld.SourcePid);
        _world.Target.Domains.Known[uuid] = _world.Target.Domains.Known[uuid] with { StateReason = 2 };
    }

    private Task<MoveOutcome> MoveAsync(DomainRecord vm, ConvergencePolicy policy) => MoveUntilAsync(vm, policy, CancellationToken.None);

    private async Task<MoveOutcome> MoveUntilAsync(DomainRecord vm, ConvergencePolicy policy, CancellationToken stop)
    {
        var session = _world.Session;
        await using var foreign = ForeignChanges.Watch(session.Source, session.Target, session.Time, session.Notice);
        var move = SwapWorld.Plan(vm) with { Policy = VmPolicy.Default with { OnNoConvergence = policy } };
        return await new DomainMover(session, foreign).MoveAsync(move, new Version(11, 3), stop);
    }
}
