using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping.Steps;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class AwaitEarlierMovesTests : IDisposable
{
    private static readonly DomainJob Running = new(
        DomainJobKind.Unbounded, TimeSpan.Zero, Downtime: null, DataTotal: 2, DataProcessed: 1, DataRemaining: 1, MemoryBytesPerSecond: 1, DirtyBytesPerSecond: 0, Iteration: 1, SetupTime: null);

    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_migration_is_waited_for_whichever_side_tells_of_it(bool onSource)
    {
        var uuid = OnBothSides();
        var looks = 0;
        var (telling, refusing) = onSource ? (_world.Source, _world.Target) : (_world.Target, _world.Source);
        telling.Domains.Job = _ => ++looks == 1 ? Running : null;
        // As libvirt does on the side that a migration goes to.
        refusing.Domains.Job = _ => throw new AdapterException("libvirt", "get job", "available only on the source host");

        await AwaitEarlierMovesStep.RunAsync(_world.Session, TestContext.Current.CancellationToken);

        looks.ShouldBeGreaterThan(1, uuid.ToString());
    }

    [Fact]
    public async Task When_neither_side_tells_it_is_an_error()
    {
        OnBothSides();
        _world.Source.Domains.Job = _world.Target.Domains.Job = _ => throw new AdapterException("libvirt", "get job", "no answer");

        await Should.ThrowAsync<AdapterException>(() => AwaitEarlierMovesStep.RunAsync(_world.Session, TestContext.Current.CancellationToken));
    }

    private Guid OnBothSides()
    {
        var source = _world.Source.Domains.Add("web", DomainState.Running);
        _world.Target.Domains.Add("web", DomainState.Paused, uuid: source.Uuid);
        return source.Uuid;
    }
}
