using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

/// <summary>A guest whose memory is in part on either side is nobody's: not adopted, not moved again, not ended.</summary>
public sealed class PostCopyReconciliationTests : IDisposable
{
    private const int PausedMigration = 2;
    private const int PausedPostCopyFailed = 13;
    private const int RunningPostCopy = 10;
    private const int RunningPostCopyFailed = 11;

    private readonly SwapWorld _world = new();
    private readonly Guid _uuid = Guid.NewGuid();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Broken_with_both_sides_it_is_mended_and_adopted()
    {
        OnSource(DomainState.Paused, PausedPostCopyFailed);
        OnTarget(DomainState.Running, RunningPostCopyFailed);
        _world.Source.Domains.OnMigrate = (_, request) =>
        {
            request.PostCopy.ShouldBe(PostCopyUse.Resume);
            _world.Source.Domains.Known.Remove(_uuid);
            _world.Stop(_uuid, SwapWorld.SourcePid);
            _world.Target.Domains.Known[_uuid] = _world.Target.Domains.Known[_uuid] with { StateReason = 2 };
            return Task.CompletedTask;
        };
        (await ReconcileAsync()).ShouldBe(Verdict.Adopt);
    }

    [Fact]
    public async Task It_is_mended_the_way_that_it_went_though_the_operation_goes_back()
    {
        OnTarget(DomainState.Paused, PausedPostCopyFailed);
        OnSource(DomainState.Running, RunningPostCopyFailed);
        _world.Target.Domains.OnMigrate = (_, _) =>
        {
            _world.Target.Domains.Known.Remove(_uuid);
            _world.Stop(_uuid, SwapWorld.TargetPid);
            _world.Source.Domains.Known[_uuid] = _world.Source.Domains.Known[_uuid] with { StateReason = 2 };
            return Task.CompletedTask;
        };
        (await ReconcileAsync()).ShouldBe(Verdict.MoveAgain);
    }

    [Fact]
    public async Task A_libvirt_that_would_crash_is_not_told_to_mend_it()
    {
        OnSource(DomainState.Paused, PausedPostCopyFailed);
        OnTarget(DomainState.Running, RunningPostCopyFailed);
        _world.Target.Version = new Version(11, 3, 0);
        _world.Source.Domains.OnMigrate = (_, _) => throw new InvalidOperationException("told");
        (await ReconcileAsync()).ShouldBe(Verdict.Broken);
        _world.Events.OfType<SwapNotice>().ShouldHaveSingleItem().Message.ShouldContain("fixed in 11.4");
    }

    [Fact]
    public async Task An_error_though_it_goes_on_and_ends_well_is_none()
    {
        OnSource(DomainState.Paused, PausedPostCopyFailed);
        OnTarget(DomainState.Running, RunningPostCopyFailed);
        _world.Source.Domains.OnMigrate = (_, _) =>
        {
            _world.Source.Domains.Known[_uuid] = _world.Source.Domains.Known[_uuid] with { StateReason = 12 };
            _world.Target.Domains.Known[_uuid] = _world.Target.Domains.Known[_uuid] with { StateReason = RunningPostCopy };
            _ = Task.Delay(300, TestContext.Current.CancellationToken).ContinueWith(
                _ =>
                {
                    _world.Target.Domains.Known[_uuid] = _world.Target.Domains.Known[_uuid] with { StateReason = 2 };
                    _world.Stop(_uuid, SwapWorld.SourcePid);
                    _world.Source.Domains.Known.Remove(_uuid);
                },
                TaskScheduler.Default);
            throw new AdapterException("libvirt gen-1", "migrate", "a false error");
        };
        (await ReconcileAsync()).ShouldBe(Verdict.Adopt);
    }

    [Fact]
    public async Task What_libvirt_cannot_mend_is_for_a_person()
    {
        OnSource(DomainState.Paused, PausedPostCopyFailed);
        OnTarget(DomainState.Running, RunningPostCopyFailed);
        (await ReconcileAsync()).ShouldBe(Verdict.Broken);
        ShouldBeUntouched();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_half_alone_is_neither_adopted_nor_moved_again(bool source)
    {
        if (source)
            OnSource(DomainState.Paused, PausedPostCopyFailed);
        else
            OnTarget(DomainState.Running, RunningPostCopyFailed);
        (await ReconcileAsync()).ShouldBe(Verdict.Broken);
        ShouldBeUntouched();
        await Should.ThrowAsync<PostCopyBrokenException>(() => new Fence(_world.Session).SettleAsync(_uuid, "web"));
    }

    /// <summary>Between the stop of the source and libvirt's word that this is post-copy it looks like the remainder of a copy.</summary>
    [Fact]
    public async Task The_source_of_a_post_copy_is_no_leftover()
    {
        OnSource(DomainState.Paused, PausedMigration);
        OnTarget(DomainState.Running, RunningPostCopy);
        var session = _world.Session with { Time = new HastyTime() };
        var found = (await new Reconciliation(session).RunAsync()).ShouldHaveSingleItem();
        found.Verdict.ShouldBe(Verdict.Broken);
        ShouldBeUntouched();
    }

    private async Task<Verdict> ReconcileAsync() => (await new Reconciliation(_world.Session).RunAsync()).ShouldHaveSingleItem().Verdict;

    private void ShouldBeUntouched() =>
        _world.Source.Domains.Calls.Concat(_world.Target.Domains.Calls).ShouldBeEmpty();

    private void OnSource(DomainState state, int reason) => Add(_world.Source, SwapWorld.SourcePid, state, reason);

    private void OnTarget(DomainState state, int reason) => Add(_world.Target, SwapWorld.TargetPid, state, reason);

    private void Add(FakeLibvirtHost host, int pid, DomainState state, int reason)
    {
        host.Domains.Known[_uuid] = host.Domains.Add("web", state, uuid: _uuid) with { StateReason = reason };
        _world.Run(_uuid, pid);
    }
}
